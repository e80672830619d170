"""Which documents are learnt from and which are held back to see whether it helped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from docvlm.errors import UsageError
from finetune.data.documents import LabelledDocument


@dataclass(frozen=True, slots=True)
class Split:
    """The two sides, each in the order in which the documents were given."""

    train: tuple[LabelledDocument, ...]
    held_out: tuple[LabelledDocument, ...]


def split_documents(
    documents: Sequence[LabelledDocument],
    groups: Iterable[Sequence[str]],
    held_out: int | float,
    seed: int = 0,
) -> Split:
    """Hold back documents, whole ones and whole groups of duplicates, in the same share of every kind.

    Which documents are held back depends on the seed and on hashes of contents, not on names or order; a
    document that is added later moves few others. At least one document is left for training; where
    groups are large, fewer than asked for are held back.

    Args:
        groups: content hashes of documents that are the same (see ``finetune.data.duplicates``).
        held_out: how many documents, or below 1 which share of them.

    Raises:
        UsageError: when ``held_out`` is negative.
    """
    if held_out < 0:
        raise UsageError("Fewer than no documents cannot be held out.", "Give 0 or more.")
    wanted = round(held_out * len(documents)) if held_out < 1 else int(held_out)
    clusters = _clusters(documents, groups)
    chosen: set[str] = set()
    for kind, quota in _quotas(clusters, min(wanted, len(documents) - 1)).items():
        own = [cluster for cluster in clusters if cluster.kind == kind]
        for cluster in sorted(own, key=lambda cluster: _lot(cluster, seed)):
            if cluster.size <= quota:
                chosen |= cluster.hashes
                quota -= cluster.size
    return Split(
        tuple(document for document in documents if document.sha256 not in chosen),
        tuple(document for document in documents if document.sha256 in chosen),
    )


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Documents that stay together; ``kind`` is that of the first."""

    kind: str
    hashes: frozenset[str]
    size: int


def _clusters(documents: Sequence[LabelledDocument], groups: Iterable[Sequence[str]]) -> list[_Cluster]:
    leader = {sha256: group[0] for group in groups for sha256 in group}
    members: dict[str, list[LabelledDocument]] = {}
    for document in documents:
        members.setdefault(leader.get(document.sha256, document.sha256), []).append(document)
    return [
        _Cluster(same[0].kind, frozenset(document.sha256 for document in same), len(same))
        for same in members.values()
    ]


def _quotas(clusters: Sequence[_Cluster], wanted: int) -> dict[str, int]:
    """How many documents of each kind: their share of ``wanted``, the largest remainders rounded up."""
    sizes: dict[str, int] = {}
    for cluster in clusters:
        sizes[cluster.kind] = sizes.get(cluster.kind, 0) + cluster.size
    total = sum(sizes.values())
    if wanted <= 0 or not total:
        return {}
    exact = {kind: wanted * size / total for kind, size in sizes.items()}
    quotas = {kind: int(share) for kind, share in exact.items()}
    missing = wanted - sum(quotas.values())
    for kind in sorted(exact, key=lambda kind: (quotas[kind] - exact[kind], kind))[:missing]:
        quotas[kind] += 1
    return quotas


def _lot(cluster: _Cluster, seed: int) -> str:
    return hashlib.sha256(f"{seed} {min(cluster.hashes)}".encode()).hexdigest()
