from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from docvlm.atomic import atomic_file, write_atomically
from docvlm.errors import UsageError


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    write_atomically(target, b"one")
    write_atomically(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, OSError])
def test_an_interruption_leaves_what_was_there(tmp_path: Path, interruption: type[BaseException]) -> None:
    target = tmp_path / "out.txt"
    target.write_text("before")
    expected = UsageError if interruption is OSError else interruption
    with pytest.raises(expected), atomic_file(target) as temporary:
        temporary.write_text("half")
        raise interruption
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_killed_writer_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    target.write_text("before")
    program = (
        "import os, signal, sys; from pathlib import Path; from docvlm.atomic import atomic_file\n"
        "with atomic_file(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, target], cwd=Path(__file__).parents[1])
    assert done.returncode == -signal.SIGKILL
    assert target.read_text() == "before"


def test_permissions_are_those_of_the_file_or_of_new_files(tmp_path: Path) -> None:
    kept, new, plain = tmp_path / "kept", tmp_path / "new", tmp_path / "plain"
    kept.touch()
    kept.chmod(0o640)
    plain.touch()
    write_atomically(kept, b"")
    write_atomically(new, b"")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640
    assert new.stat().st_mode == plain.stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("before")
    link.symlink_to(target)
    write_atomically(link, b"after")
    assert link.is_symlink() and target.read_text() == "after"


def test_places_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "none" / "out.txt", Path("/dev/null"), tmp_path / ("x" * 300)):
        with pytest.raises(UsageError) as caught:
            write_atomically(target, b"x")
        assert caught.value.remedy
