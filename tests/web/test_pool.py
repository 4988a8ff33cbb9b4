import multiprocessing
import threading

from mis_dashboard.lib.pool import Pool


class Work:
    """Pieces of work that are held until they are let go, and how many were in hand at the same time."""

    def __init__(self, pieces: int):
        self.left, self.in_hand, self.most, self.done = pieces, 0, 0, 0
        self.lock, self.let_go, self.finished = threading.Lock(), threading.Event(), threading.Semaphore(0)

    def step(self) -> bool:
        with self.lock:
            if not self.left:
                return False
            self.left -= 1
            self.in_hand += 1
            self.most = max(self.most, self.in_hand)
        self.let_go.wait(10)
        with self.lock:
            self.in_hand -= 1
            self.done += 1
        self.finished.release()
        return True

    def wait_for(self, pieces: int) -> None:
        for _ in range(pieces):
            assert self.finished.acquire(timeout=10)


def test_as_many_pieces_are_in_hand_as_the_limit_says():
    work = Work(20)
    pool = Pool(work.step, limit=lambda: 5)
    for _ in range(20):
        pool.wake()
    work.let_go.set()
    work.wait_for(20)
    pool.close()
    assert work.most <= 5
    assert work.done == 20


def test_work_that_comes_while_all_threads_are_busy_is_done_without_another_wake():
    work = Work(1)
    pool = Pool(work.step, limit=lambda: 1)
    pool.wake()
    work.left += 1
    pool.wake()
    work.let_go.set()
    work.wait_for(2)
    pool.close()


def test_a_sleeping_thread_is_woken_again():
    work = Work(1)
    work.let_go.set()
    pool = Pool(work.step, limit=lambda: 1)
    for _ in range(50):
        pool.wake()
        work.wait_for(1)
        work.left += 1
    pool.wake()
    work.wait_for(1)
    pool.close()


def test_idle_threads_end():
    work = Work(1)
    work.let_go.set()
    pool = Pool(work.step, limit=lambda: 1, idle_s=0.01)
    pool.wake()
    work.wait_for(1)
    for thread in list(pool.threads):
        thread.join(10)
    assert not pool.threads
    pool.close()


def test_closing_finishes_the_work_in_hand():
    work = Work(1)
    pool = Pool(work.step, limit=lambda: 1)
    pool.wake()
    threading.Timer(0.05, work.let_go.set).start()
    pool.close()
    assert work.done == 1


def test_a_step_that_fails_does_not_end_the_pool(caplog):
    outcomes = [RuntimeError("boom"), True, False]
    done = threading.Event()

    def step():
        outcome = outcomes.pop(0) if outcomes else False
        if isinstance(outcome, Exception):
            raise outcome
        if outcome:
            done.set()
        return outcome

    pool = Pool(step, limit=lambda: 1)
    pool.wake()
    pool.wake()
    assert done.wait(10)
    pool.close()


def hold_one_piece_of_work(begun, file):
    pool = Pool(lambda: work_once(begun, file), limit=lambda: 1)
    pool.wake()
    begun.wait(10)


def work_once(begun, file) -> bool:
    if begun.is_set():
        return False
    begun.set()
    threading.Event().wait(0.3)
    file.write_text("finished")
    return True


def test_a_forked_worker_that_ends_finishes_the_work_in_hand(tmp_path):
    context = multiprocessing.get_context("fork")
    begun = context.Event()
    worker = context.Process(target=hold_one_piece_of_work, args=(begun, tmp_path / "done"))
    worker.start()
    worker.join(10)
    assert (tmp_path / "done").read_text() == "finished"
