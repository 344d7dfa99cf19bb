from services.membership.file.commands import AnnounceFile, CompleteFile
from services.membership.file.decider import FILE, LARGEST
from services.membership.file.events import FileAnnounced, FileCompleted
from shared.ids import Code, Label
from shared.testing import given

name, media_type, sha256 = Label("workbook.pdf"), Code("application/pdf"), Code("ab" * 32)
announce = AnnounceFile(name, 10, media_type, sha256)
announced = FileAnnounced(name, 10, media_type, sha256)


def test_a_file_is_announced_by_its_size_type_and_hash() -> None:
    given(FILE).when(announce).then(announced)


def test_announcing_it_again_changes_nothing() -> None:
    given(FILE, announced).when(announce).then_nothing()


def test_a_file_is_neither_empty_nor_larger_than_a_store_takes() -> None:
    given(FILE).when(AnnounceFile(name, 0, media_type, sha256)).then_rejected("size_out_of_range")
    given(FILE).when(AnnounceFile(name, LARGEST + 1, media_type, sha256)).then_rejected(
        "size_out_of_range"
    )
    given(FILE).when(AnnounceFile(name, LARGEST, media_type, sha256)).then(
        FileAnnounced(name, LARGEST, media_type, sha256)
    )


def test_a_file_is_complete_once_its_bytes_are_kept() -> None:
    given(FILE, announced).when(CompleteFile(is_held=True)).then(FileCompleted())


def test_a_file_whose_bytes_have_not_come_is_not_complete() -> None:
    given(FILE, announced).when(CompleteFile(is_held=False)).then_rejected("file_not_sent")


def test_a_file_is_completed_once() -> None:
    given(FILE, announced, FileCompleted()).when(CompleteFile(is_held=False)).then_nothing()


def test_what_nobody_announced_is_not_completed() -> None:
    given(FILE).when(CompleteFile(is_held=True)).then_rejected("file_not_found")
