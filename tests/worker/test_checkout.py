import contextlib
import gzip
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.git import Repository
from worker.checkout import ArchiveLimits, snapshot
from worker.clone import Clone
from worker.errors import SnapshotRefused

SMALL = ArchiveLimits(compressed_bytes=2**20, unpacked_bytes=4 * 2**20, members=50, depth=5)


def member(name: str, content: bytes = b"x", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def archive(*members: tuple[tarfile.TarInfo, bytes], compress: bool = True) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz" if compress else "w:") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def chunks(data: bytes, size: int = 1000) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def unpacked(data: bytes, limits: ArchiveLimits = SMALL) -> dict[str, bytes]:
    with snapshot(chunks(data), limits) as root:
        files = {
            str(path.relative_to(root)): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file()
        }
    assert not root.exists()
    return files


@pytest.mark.parametrize("compress", [True, False])
def test_files_without_the_root_folder(compress: bool) -> None:
    data = archive(
        member("o-r-1234567/", b"", type=tarfile.DIRTYPE),
        member("o-r-1234567/a b/ä.py", b"print()\r\n"),
        member("o-r-1234567/run.sh", b"#!", mode=0o755),
        compress=compress,
    )
    assert unpacked(data) == {"a b/ä.py": b"print()\r\n", "run.sh": b"#!"}


@pytest.mark.parametrize("name", ["/etc/x", "root/../../x", "root/a/../../../x", "../x"])
def test_traversal_is_refused(name: str) -> None:
    with pytest.raises(SnapshotRefused, match="leaves it"):
        unpacked(archive(member("root/ok"), member(name)))


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_are_left_out(kind: bytes) -> None:
    bad = member("root/bad", b"", type=kind, linkname="/etc/passwd")
    after = member("root/bad/through", b"data")  # would go through the link
    assert unpacked(archive(member("root/good"), bad, after)) == {
        "good": b"x",
        "bad/through": b"data",
    }


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    link = member("root/link", b"", type=tarfile.SYMTYPE, linkname=str(tmp_path))
    unpacked(archive(link, member("root/link/file")))
    assert list(tmp_path.iterdir()) == []


def test_bomb_is_refused_early() -> None:
    data = archive(member("root/zeros", bytes(8 * 2**20)))
    assert len(data) < 20_000
    with pytest.raises(SnapshotRefused, match="unpacked archive is larger than 4 MiB"):
        unpacked(data)


def test_a_sparse_file_unpacks_to_nothing() -> None:
    """One block that says it stands for three gigabytes of zeros."""
    info = tarfile.TarInfo("root/zeros")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (0, 512)  # where the one piece of data lies
    header[483:495] = b"%011o\0" % (3 * 2**30)  # the size that is claimed
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    data = bytes(header) + bytes(512) + bytes(1024)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert tar.getmembers()[0].size == 3 * 2**30
    assert unpacked(data) == {}


@pytest.mark.parametrize(
    "members",
    [
        [("root/a", tarfile.REGTYPE), ("root/a", tarfile.DIRTYPE)],
        [("root/a", tarfile.DIRTYPE), ("root/a", tarfile.REGTYPE)],
        [("root/a", tarfile.REGTYPE), ("root/a/b", tarfile.REGTYPE)],
    ],
)
def test_a_name_that_is_a_file_and_a_folder_is_refused(members: list[tuple[str, bytes]]) -> None:
    with pytest.raises(SnapshotRefused, match="cannot be unpacked"):
        unpacked(archive(*(member(name, b"", type=kind) for name, kind in members)))


def test_download_is_cut_off() -> None:
    def endless() -> Iterator[bytes]:
        yield b"\x1f\x8b"
        while True:
            yield b"\0" * 2**16

    with pytest.raises(SnapshotRefused), snapshot(endless(), SMALL):
        pass


def test_too_many_files() -> None:
    with pytest.raises(SnapshotRefused, match="more than 50 files"):
        unpacked(archive(*(member(f"root/{number}") for number in range(51))))


def test_too_deep() -> None:
    with pytest.raises(SnapshotRefused, match="deeper than 5"):
        unpacked(archive(member("root/1/2/3/4/5/x")))


def test_folders_that_nobody_listed_count_as_well() -> None:
    """Few files, each below many folders of its own."""
    deep = [member(f"root/{n}/a/b/x") for n in range(20)]
    with pytest.raises(SnapshotRefused, match="more than 50 folders"):
        unpacked(archive(*deep))


def test_headers_about_headers_are_refused() -> None:
    """Each says that the next one's name is long; the reader would go down with every one."""
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 5
    piece = header.tobuf(tarfile.GNU_FORMAT) + b"name\0" + bytes(507)
    with pytest.raises(SnapshotRefused, match="headers never end"):
        unpacked(gzip.compress(piece * 3000))


def test_headers_about_headers_in_the_portable_format() -> None:
    header = tarfile.TarInfo("x")
    record = b"11 path=a\n\n"[:11]
    header.type, header.size = tarfile.XHDTYPE, len(record)
    piece = header.tobuf(tarfile.USTAR_FORMAT) + record + bytes(512 - len(record))
    with pytest.raises(SnapshotRefused, match="damaged"):
        unpacked(gzip.compress(piece * 3000))


@pytest.mark.parametrize(
    "name",
    ["root/" + "n" * 300, "root/" + "n" * 5000, "root/" + "/".join(["n" * 250] * 4) + "/x"],
)
def test_long_names(name: str) -> None:
    data, limits = archive(member("root/a"), member(name)), ArchiveLimits(depth=50)
    if max(map(len, name.split("/"))) > 255:  # more than a name may have on Linux
        with pytest.raises(SnapshotRefused, match="File name too long"):
            unpacked(data, limits)
    else:
        assert unpacked(data, limits) == {"a": b"x", name.removeprefix("root/"): b"x"}


def test_the_last_of_doubled_names_counts() -> None:
    twice = archive(member("root/a", b"first, and longer"), member("root/a", b"second"))
    assert unpacked(twice) == {"a": b"second"}


def test_names_that_differ_in_case_are_two_files() -> None:
    found = unpacked(archive(member("root/Train.py", b"1"), member("root/train.py", b"2")))
    assert found == {"Train.py": b"1", "train.py": b"2"}


@pytest.mark.parametrize("mode", [0o4755, 0o2777, 0o1777, 0o000, 0o666])
def test_modes_give_nobody_else_anything(mode: int) -> None:
    data = archive(member("root/a", mode=mode), member("root/d", b"", type=tarfile.DIRTYPE))
    with snapshot(chunks(data), SMALL) as root:
        assert (root / "a").stat().st_mode & 0o7677 in (0o600, 0o600 | 0o000)
        assert (root / "d").is_dir()
        assert root.parent.stat().st_mode & 0o077 == 0


def test_a_name_in_a_second_header_is_checked_too() -> None:
    info, content = member("root/harmless")
    info.pax_headers = {"path": "root/../../outside"}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(content))
    with pytest.raises(SnapshotRefused, match="leaves it"):
        unpacked(out.getvalue())


def test_forged_header_length_is_refused() -> None:
    header = tarfile.TarInfo("root/x")
    header.type, header.size = tarfile.XHDTYPE, 3 * 2**20
    data = header.tobuf(tarfile.USTAR_FORMAT) + bytes(3 * 2**20)
    with pytest.raises(SnapshotRefused, match="oversized header"):
        unpacked(gzip.compress(data))


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", gzip.compress(b"no tar" * 200)],
    ids=["empty", "text", "compressed text"],
)
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(SnapshotRefused, match="damaged"):
        unpacked(data)


def test_cut_off_archive() -> None:
    data = archive(member("root/a", bytes(range(256)) * 100), compress=False)
    with pytest.raises(SnapshotRefused, match="damaged"):
        unpacked(data[:10_000])
    with pytest.raises(SnapshotRefused, match="damaged"):
        unpacked(gzip.compress(data)[:-200])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_bytes_never_crash(data: st.DataObject) -> None:
    good = bytearray(archive(member("root/a", b"abc"), member("root/b/c"), compress=False))
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, 2000))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(SnapshotRefused):
        unpacked(bytes(good))


def test_archive_of_a_clone(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    head = repository.commit({"a/b.py": b"x\r\n", "c d.py": b"\t"})
    with Clone(tmp_path).archive(head) as stream, snapshot(stream) as root:
        assert (root / "a/b.py").read_bytes() == b"x\r\n"
        assert (root / "c d.py").read_bytes() == b"\t"
