"""The rulebook compiler: YAML files in, a release (bundle.bin + automaton.bin) and diagnostics out.

Imports nothing of the project's other parts.
"""
