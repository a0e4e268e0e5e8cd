"""The keyring and `replyguard keys`."""

from __future__ import annotations

import os
import stat

import pytest

from server.cli import main
from server.keys import Keyring, KeyringError


def test_the_first_start_makes_two_keys_that_only_we_can_read(tmp_path):
    keyring = Keyring(tmp_path / "keys")
    assert [k.role for k in keyring.keys] == ["active", "standby"]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    for path in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    again = Keyring(tmp_path / "keys")
    assert (again.trust, again.server, again.created) == (keyring.trust, keyring.server, False)


def test_rotate_overlaps_and_revoke_ends_it(tmp_path):
    keyring = Keyring(tmp_path)
    old, standby = (k.keyid for k in keyring.keys)
    keyring.rotate()
    roles = {k.keyid: k.role for k in keyring.keys}
    assert roles[old] == roles[standby] == "active"
    assert len(keyring.signers()) == 2
    assert keyring.trust.version == 2
    keyring.revoke(old)
    assert old not in {k.keyid for k in keyring.trust.keys}
    assert not (tmp_path / f"{old}.pem").exists()
    assert old in keyring.known()
    assert len(keyring.signers()) == 1
    assert [k.role for k in keyring.keys].count("standby") == 1


def test_revoking_the_only_signing_key_puts_the_standby_key_in_its_place(tmp_path):
    keyring = Keyring(tmp_path)
    active, standby = (k.keyid for k in keyring.keys)
    keyring.revoke(active)
    assert {k.keyid: k.role for k in keyring.keys}[standby] == "active"
    assert len(keyring.trust.keys) == 2


def test_a_running_server_sees_the_commands(tmp_path):
    running = Keyring(tmp_path)
    assert running.reload() is False
    Keyring(tmp_path).new()
    assert running.reload() is True
    assert len(running.keys) == 3


def test_what_cannot_be_done_is_said(tmp_path):
    keyring = Keyring(tmp_path)
    with pytest.raises(KeyringError, match="0 把"):
        keyring.revoke("zz")
    with pytest.raises(KeyringError, match="门限"):
        keyring.set_threshold(0)
    standby = keyring.keys[1].keyid
    (tmp_path / f"{standby}.pem").unlink()
    with pytest.raises(KeyringError, match="私钥文件不在"):
        keyring.rotate()
    (tmp_path / f"{standby}.pem").write_bytes((tmp_path / f"{keyring.keys[0].keyid}.pem").read_bytes())
    with pytest.raises(KeyringError, match="不符"):
        keyring.rotate()


def test_threshold_brings_enough_keys_to_sign(tmp_path):
    keyring = Keyring(tmp_path)
    keyring.set_threshold(2)
    assert len(keyring.signers()) == 2
    assert keyring.trust.threshold == 2


def test_the_command_line(tmp_path, capsys):
    assert main(["keys", "list", "--data", str(tmp_path)]) == 0
    keyring = Keyring(tmp_path / "keys")
    text = capsys.readouterr().out
    assert keyring.keys[0].keyid in text
    assert keyring.keys[0].fingerprint[:4] in text
    assert main(["keys", "rotate", "--data", str(tmp_path)]) == 0
    assert main(["keys", "revoke", keyring.keys[0].keyid, "--data", str(tmp_path)]) == 0
    assert "已吊销" in capsys.readouterr().out
    assert main(["keys", "revoke", "none", "--data", str(tmp_path)]) == 1
    assert "密钥" in capsys.readouterr().err


def test_a_damaged_keyring_is_said_and_a_running_server_goes_on_with_what_it_read(tmp_path, capsys):
    running = Keyring(tmp_path / "keys")
    path = tmp_path / "keys/keyring.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    with pytest.raises(KeyringError, match="坏了"):
        running.reload()
    assert len(running.signers()) == 1
    assert main(["keys", "list", "--data", str(tmp_path)]) == 1
    assert "密钥清单坏了" in capsys.readouterr().err
    path.write_bytes(whole)
    assert running.reload() is True


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write what the server cannot read")
def test_root_does_not_lock_the_server_out(tmp_path, capsys):
    """A keyring that root wrote, with the mode 0600, is no longer the service's to read."""
    keyring = Keyring(tmp_path / "keys")
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 12345, 12345)
    for command in (["keys", "rotate"], ["tokens", "new", "--role", "reader", "--name", "x"], ["publish"]):
        assert main([*command, "--data", str(tmp_path)]) == 1
        assert "sudo -u #12345" in capsys.readouterr().err
    assert keyring.reload() is False
    assert not (tmp_path / "tokens.json").exists()
