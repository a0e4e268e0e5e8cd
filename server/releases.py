"""Channel → current release. Publishing, reverting, re-signing; the hot paths read `current`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from compiler.bundle import FORMAT, document
from compiler.canonical import says_the_same

from .artifacts import Artifacts
from .changes import ChangeLog, Changes
from .contents import Content, Contents
from .current import Current, Note
from .keys import Keyring
from .manifest import SCHEMA, Manifest, Pair, Rollout, moment, timestamp
from .patches import Patches
from .push import Hub, Message, event
from .rule_ids import RuleIds
from .signing import Refused, open_envelope, peek, sign
from .store import Conflict, Entry, Store, StoreError

LIFETIME = timedelta(days=7)
RESIGN_AFTER = timedelta(days=1)

log = logging.getLogger("replyguard.releases")


class Releases:
    """`now` is the clock, replaceable in tests. All publishing of one process goes through one lock."""

    def __init__(
        self,
        store: Store,
        keyring: Keyring,
        artifacts: Artifacts,
        hub: Hub,
        log: ChangeLog,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.store = store
        self.keyring = keyring
        self.artifacts = artifacts
        self.hub = hub
        self.current: dict[str, Current] = {}
        self.rule_ids = RuleIds()
        self.healthy_at: datetime | None = None
        """When the store was last asked something that it answered: readiness."""
        self._top: dict[str, int] = {}
        self._own: dict[str, str] = {}
        """Channel → hash of the bundle that was last published from here."""
        self._contents = Contents(store)
        self.patches = Patches(artifacts, hub)
        self._log = log
        self._now = now
        self._lock = asyncio.Lock()

    def versions(self) -> dict[str, tuple[int, int]]:
        """Channel → (epoch, version) of what is served."""
        return {channel: (r.manifest.epoch, r.manifest.version) for channel, r in self.current.items()}

    async def refresh(self, channel: str) -> Current | None:
        """Serve what the store holds. A release that was not signed by a key of ours is not served.

        A key that has been revoked since counts here: it is our own store, and `resign` signs the content afresh.
        """
        asked_at = self._now()  # not when the answer comes: it says nothing of the time it took
        entry = await self.store.latest(channel)
        self.healthy_at = asked_at
        known = self.current.get(channel)
        if entry is None or (known is not None and known.revision >= entry.revision):
            return known
        self._top[channel] = entry.revision + entry.skipped
        if entry.revision == 0:
            return known
        try:
            manifest = open_envelope(entry.envelope.encode(), self.keyring.known(), 1)
            if manifest.channel != channel:
                raise Refused("channel", manifest.channel)
        except Refused as error:
            log.error("revision %d of %s is not served: %s", entry.revision, channel, error)
            return known
        bundle = await self.artifacts.get(manifest.bundle.sha256)
        if bundle is None or await self.artifacts.get(manifest.automaton.sha256) is None:
            log.error("revision %d of %s is not served: its content is gone", entry.revision, channel)
            return known
        patch = await self.patches.beside(channel, known.manifest.pair if known else None, manifest.pair)
        newer = self.current.get(channel)
        if newer is not None and newer.revision >= entry.revision:
            return newer
        return self._serve(channel, entry, manifest, bundle.data, patch)

    def _serve(self, channel: str, entry: Entry, manifest: Manifest, bundle: bytes, patch: Message | None) -> Current:
        current = Current(entry, manifest)
        self.current[channel] = current
        self._top[channel] = entry.revision + entry.skipped
        self.hub.publish(channel, event("manifest", current.envelope, str(manifest.version)), patch)
        self.rule_ids.add(manifest.bundle.sha256, bundle)
        return current

    def expect(self, bundle: bytes, automaton: bytes) -> None:
        """These may be published: begin to store them."""
        self._contents.begin(bundle)
        self._contents.begin(automaton)

    async def publish(
        self,
        channel: str,
        bundle: bytes,
        automaton: bytes,
        rules: int,
        *,
        expected: int | None = None,
        percent: int = 100,
        by_save: bool = False,
        note: Note | None = None,
    ) -> Current:
        """Sign and store a release; unchanged content is not published again.

        Parameters
        ----------
        expected
            Version that the author saw (0 = none). None: whatever is there.
        percent
            Share of installations, 0 to 100; the others stay with what ran before.
        by_save
            Nobody asked for this percentage now: what is served already stays with those who have it.

        Raises
        ------
        Conflict, StoreError, KeyringError
        """
        contents = self._contents.take(bundle), self._contents.take(automaton)
        pair = Pair(await contents[0].artifact("bundle"), await contents[1].artifact("bin"))

        async def publish_after(before: Current | None) -> Current:
            if before is not None and (by_save or before.manifest.rollout.percent == percent == 100):
                old = before.manifest
                if old.pair == pair or await self._is_known(channel, old, bundle):
                    for content in contents:  # the next start needs them
                        await asyncio.shield(content.stored)
                    return before
            self.artifacts.add(bundle, pair.bundle.sha256)
            self.artifacts.add(automaton, pair.automaton.sha256)
            rollout = self._rollout(before, pair, percent)
            current = await self._append(channel, before, pair, rules, rollout, note or Note(), contents=contents)
            self._own[channel] = pair.bundle.sha256
            return current

        async with self._lock:
            served = self.current.get(channel)
            if expected is None and served is not None:
                # It is nearly always the newest; when another process was faster, the store refuses.
                with contextlib.suppress(Conflict):
                    return await publish_after(served)
            if served is None:  # the store may name just this, and nothing but its content be gone
                for content in contents:
                    await asyncio.shield(content.stored)
            return await publish_after(await self._before(channel, expected))

    async def set_percent(self, channel: str, percent: int, *, expected: int | None, note: Note) -> Current:
        """Widen or narrow the rollout of the current release."""
        async with self._lock:
            before = await self._before(channel, expected)
            if before is None:
                raise LookupError(channel)
            manifest = before.manifest
            otherwise = manifest.rollout.otherwise if percent < 100 else None
            rollout = msgspec.structs.replace(manifest.rollout, percent=percent, otherwise=otherwise)
            note = msgspec.structs.replace(note, kind="rollout")
            return await self._append(channel, before, manifest.pair, manifest.rules, rollout, note)

    async def revert(self, channel: str, version: int, *, expected: int | None, note: Note) -> Current:
        """The content of an old version as a new one. Raises LookupError when it is not in the history."""
        async with self._lock:
            before = await self._before(channel, expected)
            epoch = self.keyring.epoch
            known = [peek(e.envelope.encode()) for e in await self.store.history(channel, 1000)]
            old = next((m for m in known if m.version == version and m.epoch == epoch), None)
            if before is None or old is None:
                raise LookupError(f"{channel} {version}")
            for artifact in (old.bundle, old.automaton):
                if await self.store.get_blob(artifact.sha256) is None:
                    raise LookupError(f"{channel} {version}: content is gone")
            note = msgspec.structs.replace(note, kind="revert", reverts=version)
            rollout = Rollout(100, secrets.token_hex(8))
            return await self._append(channel, before, old.pair, old.rules, rollout, note)

    async def history(self, channel: str, limit: int = 50) -> list[tuple[Manifest, Note, Changes]]:
        """Newest first, without what was only signed again; with the rules that differ from the release before."""
        found: list[tuple[Manifest, Note]] = []
        for entry in await self.store.history(channel, limit * 4):
            note = msgspec.json.decode(bytes(entry.note), type=Note)
            if note.kind != "resign":
                found.append((peek(entry.envelope.encode()), note))
        items = []
        for n, (manifest, note) in enumerate(found[:limit]):
            old = found[n + 1][0].bundle.sha256 if n + 1 < len(found) else None
            same = old == manifest.bundle.sha256
            items.append(
                (manifest, note, (not same and await self._log.between(old, manifest.bundle.sha256)) or Changes())
            )
        return items

    async def resign(self) -> None:
        """Sign again what is a day old, or what was signed before the keys changed. The version stays."""
        self.keyring.reload()
        for channel, current in list(self.current.items()):
            manifest = current.manifest
            age = self._now() - moment(manifest.created)
            # A clock set back makes a release look as if it came from the future: sign that again as well.
            if (
                abs(age) < RESIGN_AFTER
                and manifest.trust == self.keyring.trust
                and manifest.epoch == self.keyring.epoch
            ):
                continue
            async with self._lock:
                before = await self._before(channel, None)
                if before is None or before.revision != current.revision:
                    continue
                version = manifest.version if manifest.epoch == self.keyring.epoch else 1
                with contextlib.suppress(Conflict):  # another server signed it a moment before
                    await self._append(
                        channel, before, manifest.pair, manifest.rules, manifest.rollout, Note("resign"), version
                    )

    async def _is_known(self, channel: str, old: Manifest, bundle: bytes) -> bool:
        """Whether a bundle says what the published one does, only numbered otherwise: as after a start, or when another
        server compiled the same files. A compiler that goes on names what changed otherwise, so one look is enough.
        """
        known = await self.artifacts.get(old.bundle.sha256)
        if known is None:
            return False
        if self._own.get(channel) == old.bundle.sha256 and document(known.data) != document(bundle):
            return False
        return await asyncio.to_thread(says_the_same, known.data, bundle)

    async def _before(self, channel: str, expected: int | None) -> Current | None:
        before = await self.refresh(channel)
        version = before.manifest.version if before else 0
        if expected is not None and expected != version:
            raise Conflict(channel, expected, version)
        return before

    def _rollout(self, before: Current | None, pair: Pair, percent: int) -> Rollout:
        otherwise, salt = None, secrets.token_hex(8)
        if before is not None and percent < 100:
            manifest = before.manifest
            same = manifest.pair == pair
            otherwise = manifest.rollout.otherwise if same or manifest.rollout.percent < 100 else manifest.pair
            if same:
                salt = manifest.rollout.salt  # who was in stays in
        return Rollout(percent, salt, otherwise)

    async def _append(
        self,
        channel: str,
        before: Current | None,
        pair: Pair,
        rules: int,
        rollout: Rollout,
        note: Note,
        version: int | None = None,
        contents: Iterable[Content] = (),
    ) -> Current:
        self.keyring.reload()
        now = self._now()
        top = max(self._top.get(channel, 0), before.revision if before else 0)
        if version is None:
            # Revisions that could not be read may have used the next numbers: never use one twice.
            skipped = top - (before.revision if before else 0)
            version = (before.manifest.version if before else 0) + skipped + 1
            if before and before.manifest.epoch != self.keyring.epoch:
                version = 1
        manifest = Manifest(
            schema=SCHEMA,
            epoch=self.keyring.epoch,
            channel=channel,
            version=version,
            created=timestamp(now),
            expires=timestamp(now + LIFETIME),
            min_engine=FORMAT,
            rules=rules,
            bundle=pair.bundle,
            automaton=pair.automaton,
            rollout=rollout,
            trust=self.keyring.trust,
        )
        patch = asyncio.create_task(self.patches.beside(channel, before.manifest.pair if before else None, pair))
        envelope = sign(manifest, self.keyring.signers())
        note = msgspec.structs.replace(note, at=timestamp(now))
        # Ours by construction, so it is not read back before the readers hear of it.
        entry = await self.store.publish(
            channel, top, envelope, msgspec.json.encode(note), [c.stored for c in contents]
        )
        self.healthy_at = now
        bundle = await self.artifacts.get(pair.bundle.sha256)
        if bundle is None:
            raise StoreError(f"{channel}: published, but its content is gone")
        current = self._serve(channel, entry, manifest, bundle.data, await patch)
        if note.kind != "resign":
            self._log.prepare(before.manifest.bundle.sha256 if before else None, pair.bundle.sha256)
        return current
