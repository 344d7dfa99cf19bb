"""What is counted of a window, answer by answer."""

from services.membership.gateways.discord_limits import Bucket


def told(bucket: Bucket, after: float, now: float, left: float = 0) -> None:
    bucket.opens(now)
    bucket.take()
    bucket.count(5, left, after, now)
    bucket.give_back()


def test_one_long_window_does_not_make_the_later_ones_long() -> None:
    bucket = Bucket()
    told(bucket, 3_600, 0)
    told(bucket, 5, 3_600)
    waits = [bucket.turn_away(3_600) for _ in range(10)]
    assert max(waits) < 10


def test_a_window_that_begins_before_the_last_was_seen_to_end_is_as_long_as_it_says() -> None:
    bucket = Bucket()
    told(bucket, 60, 0, left=4)
    bucket.take()
    bucket.count(5, 0, 100, 59)
    bucket.give_back()
    assert bucket.window == 100


def test_what_is_left_of_a_window_does_not_make_it_shorter() -> None:
    bucket = Bucket()
    told(bucket, 5, 0, left=4)
    told(bucket, 1, 4, left=3)
    assert bucket.window == 5
