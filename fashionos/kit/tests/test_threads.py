import threading

from fashionos.kit.threads import Threads


def test_requests_one_after_another_run_on_one_thread():
    threads = Threads(kept=2)
    seen = set()
    for _ in range(3):
        with threads.lend() as thread:
            seen.add(thread.submit(threading.get_ident).result())
    assert len(seen) == 1


def test_requests_at_once_run_on_threads_of_their_own():
    threads = Threads(kept=2)
    meeting = threading.Barrier(3, timeout=30)
    with threads.lend() as one, threads.lend() as two, threads.lend() as three:
        waiting = [thread.submit(meeting.wait) for thread in (one, two, three)]
        assert sorted(future.result(timeout=30) for future in waiting) == [0, 1, 2]


def test_no_more_threads_are_kept_than_it_is_told():
    threads = Threads(kept=1)
    with threads.lend() as one, threads.lend() as two:
        workers = [one.submit(threading.current_thread).result() for one in (one, two)]
    kept = [worker for worker in workers if not _ends(worker)]
    assert len(kept) == 1


def test_the_thread_of_a_view_that_works_on_is_not_lent_again():
    threads = Threads(kept=2)
    goes_on = threading.Event()
    with threads.lend() as stuck:
        left = stuck.submit(goes_on.wait, 30)
    with threads.lend() as other:
        assert other is not stuck
        assert other.submit(int, "7").result(timeout=30) == 7
    goes_on.set()
    assert left.result(timeout=30)  # it finishes, for nobody


def _ends(worker: threading.Thread) -> bool:
    worker.join(timeout=0.5)
    return not worker.is_alive()
