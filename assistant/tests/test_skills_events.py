"""Tasks, critical path, staffing, workload and run of show, over an event whose every number is known."""

from datetime import time

import msgspec
import pytest

from assistant.tests.gala import EVENT, GALA, NOTHING, a_task, tell
from assistant.tests.shoot import LONDON, NOW, ask, at
from assistant.understanding.context import Context
from assistant.understanding.dates import find_window
from insights.analysis.events import analyse
from insights.schemas.events import Cue, Event, EventOptions, Period, Person, Shift


def with_tasks(*tasks, **fields):
    return Context(event=Event(id="e", tasks=tasks, **fields), sent=frozenset({"tasks"}))


def window(line):
    return find_window(line, now=NOW, zone=LONDON)


# Tasks.


def test_the_owner_comes_first_when_the_owner_is_asked_for():
    reply = tell("events.task_lookup", "who has the floor plan", tasks=("k2",))
    assert reply.content == "Bo Lind owns Floor plan: it is in progress, due today 15:30."
    assert reply.actions[0].target == "/tasks/k2"
    assert (reply.shown, reply.focus) == (("k2",), "k2")


def test_a_task_tells_why_it_is_blocked_and_that_it_is_late():
    reply = tell("events.task_lookup", "the flower order?", tasks=("k5",))
    assert reply.content == (
        "Flower order is blocked and overdue, it was due yesterday 13:30; owned by Cleo Marsh. "
        "Blocked because: the florist has not answered."
    )
    assert reply.severity == "warning"


def test_what_a_task_waits_for_is_told_when_it_is_open_or_asked_for():
    assert "Venue hire" not in tell("events.task_lookup", "floor plan?", tasks=("k2",)).content
    asked = tell("events.task_lookup", "what does the floor plan wait for", tasks=("k2",))
    assert asked.content.endswith("It depends on Venue hire (done).")
    assert tell("events.task_lookup", "dry run?", tasks=("k4",)).content.endswith(
        "It depends on Runway paint (not started)."
    )


def test_a_task_nobody_owns_says_so():
    reply = tell("events.task_lookup", "whose are the parking signs", tasks=("k6",))
    assert reply.content.startswith("Nobody owns Parking signs yet")


def test_an_unknown_task_is_not_guessed_and_the_nearest_is_a_question():
    reply = tell("events.task_lookup", "guest lounge", unknown=("guest", "lounge"))
    assert reply.content.startswith("I don't have “guest lounge” in your 7 tasks.")
    assert reply.follow_up[0] == "Who owns Guest entry?"
    assert [action.target for action in reply.actions] == ["/tasks"]


def test_two_readings_are_listed_and_asked():
    reply = tell("events.task_lookup", "", tasks=("k2", "k3"))
    assert reply.content == (
        "Which one do you mean? 2 tasks fit: Floor plan (in progress) and Runway paint (not started)."
    )
    assert reply.shown == ("k2", "k3")


@pytest.mark.parametrize(
    ("message", "slots", "ids", "severity"),
    [
        ("what is overdue", {"task_statuses": ("overdue",)}, ("k5",), "warning"),
        ("open tasks", {"task_statuses": ("not_started",)},
         ("k5", "k6", "k2", "k3", "k4", "k7"), "info"),
        ("not started", {"task_statuses": ("not_started",)}, ("k6", "k3", "k4", "k7"), "info"),
        ("what is finished", {"task_statuses": ("done",)}, ("k1",), "info"),
        ("what has bo got", {"people": ("Bo Lind",)}, ("k2", "k3"), "info"),
        ("which are mine", {"mine": True}, ("k7", "k1"), "info"),
        ("show me all tasks", {"mine": True}, ("k5", "k6", "k2", "k3", "k4", "k7", "k1"), "info"),
        ("unassigned ones", {}, ("k6",), "warning"),
        ("due today", {"window": window("today")}, ("k6", "k2"), "info"),
    ],
)  # fmt: skip
def test_tasks_are_filtered_and_sorted_by_due_date(message, slots, ids, severity):
    reply = tell("events.task_list", message, **slots)
    assert reply.shown == ids
    assert reply.content.startswith(f"{len(ids)} ")
    assert reply.severity == severity
    assert reply.actions[0].target.startswith("/tasks")


def test_only_six_tasks_are_named_and_the_rest_counted():
    assert " and 1 more." in tell("events.task_list", "all tasks").content


def test_nothing_overdue_is_good_news_and_no_tasks_are_not():
    done = with_tasks(a_task("x", "Rig", status="done", due_at=at(-3)))
    assert tell("events.task_list", "late?", done, task_statuses=("overdue",)).severity == "success"
    empty = tell("events.task_list", "late?", NOTHING, task_statuses=("overdue",))
    assert empty.content.startswith("I don't have any tasks to look at")
    assert empty.severity == "info"


def test_what_depends_on_a_task_is_listed():
    reply = tell("events.task_list", "what depends on the floor plan", tasks=("k2",))
    assert (
        reply.content == "1 task depends on Floor plan (in progress): Runway paint (not started)."
    )


def test_what_a_task_depends_on_is_not_what_depends_on_it():
    for skill in ("events.task_list", "events.critical_path"):
        before = tell(skill, "what does the dry run depend on", tasks=("k4",))
        assert before.content.endswith("It depends on Runway paint (not started).")
        after = tell(skill, "what depends on the dry run", tasks=("k4",))
        assert (
            after.content == "1 task depends on Dry run (not started): Guest entry (not started)."
        )


def test_what_must_be_done_is_what_is_not():
    assert tell(
        "events.task_list",
        "which must be done today",
        task_statuses=("done",),
        window=window("today"),
    ).shown == ("k6", "k2")
    assert len(tell("events.task_list", "what is left").shown) == 6


def test_a_task_that_is_ready_has_not_been_started():
    ready = with_tasks(a_task("x", "Rig", status="ready"), a_task("y", "Hang", status="blocked"))
    reply = tell("events.task_list", "not started", ready, task_statuses=("not_started",))
    assert reply.shown == ("x",)


def test_mine_wins_over_whom_the_turn_before_was_about():
    reply = tell("events.task_list", "and mine?", mine=True, people=("Bo Lind",))
    assert reply.shown == ("k7", "k1")


# Critical path.


def test_the_critical_path_is_that_of_the_analysis():
    reply = tell("events.critical_path", "critical path")
    report = analyse(EVENT, parts=("critical_path",), options=EventOptions(), now=NOW).critical_path
    assert reply.shown == report.path
    assert reply.content == (
        "The critical path is 9 h long: Floor plan → Runway paint → Dry run. As critical: Guest "
        "entry. All can be done by today 18:30, 1 day 7 h before the doors. In the way: Flower "
        "order (blocked)."
    )


@pytest.mark.parametrize(
    ("task", "minutes", "says", "severity"),
    [
        ("k2", 120, "Runway paint, Dry run and Guest entry move. All is done 2 h later: today 20:30", "warning"),
        ("k6", 30, "no other task moves. The end stays where it is: today 18:30", "info"),
        ("k2", 2880, "17 h after the doors. Due dates missed then: Floor plan, Runway paint", "critical"),
    ],
)  # fmt: skip
def test_a_delay_is_computed_anew(task, minutes, says, severity):
    reply = tell("events.critical_path", "what if it is late", tasks=(task,), minutes=minutes)
    assert says in reply.content
    assert reply.severity == severity
    assert reply.proposal is None


def test_a_delay_counts_on_what_is_left_of_a_task_and_on_estimates():
    begun = a_task("x", "Rig", 10, status="in_progress", percent_complete=0.5)
    guessed = a_task(
        "y", "Hang", 2, ["x"], optimistic_minutes=60, likely_minutes=120, pessimistic_minutes=180
    )
    context = with_tasks(begun, guessed)
    for task in ("x", "y"):
        reply = tell("events.critical_path", "if it is late", context, tasks=(task,), minutes=60)
        assert "All is done 1 h later" in reply.content


def test_whether_the_event_is_on_track_comes_first():
    assert tell("events.critical_path", "are we on track").content.startswith(
        "You are on track. The"
    )
    late = with_tasks(a_task("x", "Rig", 9), doors_at=at(3))
    assert tell("events.critical_path", "in time?", late).content.startswith(
        "No, you are late. The"
    )


def test_the_slack_of_a_task_and_what_hangs_on_it():
    assert tell("events.critical_path", "slack", tasks=("k6",)).content == (
        "Parking signs can slip by 8 h before the end moves."
    )
    critical = tell("events.critical_path", "is it critical", tasks=("k3",))
    assert critical.content.startswith("Runway paint is on the critical path: it has no slack")
    assert critical.content.endswith("Dry run and Guest entry wait for it.")


def test_blocked_tasks_say_where_they_lead():
    reply = tell("events.critical_path", "which blocked task", task_statuses=("blocked",))
    assert "Flower order is blocked" in reply.content
    assert reply.content.endswith("It leads to Guest entry.")
    assert (reply.severity, reply.focus) == ("warning", "k5")


def test_of_all_that_waits_the_last_is_told():
    chain = with_tasks(
        a_task("x", "Rig", status="blocked"),
        a_task("y", "Hang", after=["x"]),
        a_task("z", "Light", after=["y"]),
    )
    reply = tell("events.critical_path", "what is blocked", chain, task_statuses=("blocked",))
    assert reply.content.endswith("It leads to Light.")


def test_tasks_in_a_circle_have_no_critical_path():
    circle = with_tasks(a_task("x", "Rig", after=["y"]), a_task("y", "Hang", after=["x"]))
    reply = tell("events.critical_path", "critical path", circle)
    assert "wait for each other in a circle" in reply.content
    assert reply.severity == "critical"


def test_when_all_is_done_nothing_is_critical():
    reply = tell(
        "events.critical_path", "critical path", with_tasks(a_task("x", "Rig", status="done"))
    )
    assert reply.severity == "success"


# Staffing.


@pytest.mark.parametrize(
    ("message", "slots", "content", "severity"),
    [
        ("gaps?", {}, "1 role lacks 3 people in all: hosts 1 of 4.", "warning"),
        ("enough drivers", {}, "2 of 2 for drivers are assigned: that is enough.", "success"),
        ("a driver", {"roles": ("driver",)}, "2 of 2 for drivers are assigned", "success"),
        ("hostesses?", {}, "1 of 4 for hosts is assigned: 3 short.", "warning"),
        ("do we need more cooks", {}, "I don't have a role called “cooks” in your staffing", "info"),
        ("any plumber", {"roles": ("plumber",)}, "I don't have a role called “plumber”", "info"),
    ],
)  # fmt: skip
def test_roles_are_counted(message, slots, content, severity):
    reply = tell("events.staffing", message, **slots)
    assert reply.content.startswith(content)
    assert reply.severity == severity


def test_filled_roles_are_good_news():
    full = Context(
        event=Event(id="e", shifts=(Shift(id="f", role="hosts", required=2, unnamed=2),))
    )
    reply = tell("events.staffing", "gaps?", full)
    assert reply.content == "1 role is filled: 2 people on 2 positions."
    assert reply.severity == "success"


# Workload.


def test_who_has_most_to_do_by_tasks_then_hours():
    reply = tell("events.workload", "who has the most")
    assert reply.content == (
        "Bo Lind and Cleo Marsh have the most to do: 2 open tasks each. "
        "Then: Ada Byron 1 (0 h). 1 open task has no owner."
    )


def test_the_work_of_one_and_of_several_people():
    assert tell("events.workload", "bo?", people=("Bo Lind",)).content == (
        "Bo Lind has 2 open tasks, 7 h of work: Floor plan and Runway paint."
    )
    both = tell("events.workload", "", people=("Bo Lind", "Cleo Marsh")).content
    assert "Bo Lind has 2 open tasks" in both
    assert "Cleo Marsh has 2 open tasks" in both


def test_who_is_free_counts_tasks_shifts_and_absence():
    event = msgspec.structs.replace(
        EVENT,
        people=(
            Person(id="u3", name="Cleo Marsh"),
            Person(id="u4", name="Dan Fox"),
            Person(id="u5", name="Eve Ray", unavailable=(Period(start_at=at(20), end_at=at(30)),)),
        ),
        shifts=(Shift(id="f", role="hosts", start_at=at(20), end_at=at(24), assigned=("u4",)),),
    )
    tomorrow = window("tomorrow")
    context = Context(event=event)
    reply = tell("events.workload", "who is free tomorrow", context, window=tomorrow)
    assert reply.content == "Ada Byron looks free tomorrow."
    busy = [
        tell("events.workload", "free?", context, people=(name,), window=tomorrow).content
        for name in ("Cleo Marsh", "Dan Fox", "Eve Ray")
    ]
    assert busy == [
        "Cleo Marsh is busy tomorrow: Dry run (due tomorrow 17:30).",
        "Dan Fox is busy tomorrow: a shift as hosts.",
        "Eve Ray is busy tomorrow: not available.",
    ]


def test_an_unknown_person_is_not_in_the_data():
    reply = tell("events.workload", "is Zelda free", unknown=("zelda",))
    assert reply.content.startswith("I don't have “Zelda” in the 3 people")


def test_the_users_own_work_needs_to_know_the_user():
    assert tell("events.workload", "what do i have", mine=True).content.startswith(
        "You have 1 open task"
    )
    nameless = Context(event=EVENT)
    reply = tell("events.workload", "what do i have", nameless, mine=True)
    assert reply.content.startswith("I don't have your name")


# Run of show.


@pytest.mark.parametrize(
    ("message", "slots", "content"),
    [
        ("rundown", {}, "The run of show begins tomorrow, 3 items: 17:30 Load in, 01:30 Guest"),
        ("at half past one", {"clock": time(1, 30)}, "Fri 13 Mar 01:30: Guest entry."),
        ("at two", {"clock": time(2)}, "Fri 13 Mar 02:00 Guest entry is on, since 01:30. Next comes First walk"),
        ("after it", {"cues": ("c2",)}, "After Guest entry comes First walk, Fri 13 Mar 02:30."),
        ("before it", {"cues": ("c2",)}, "Before Guest entry comes Load in, tomorrow 17:30."),
        ("after the last", {"cues": ("c3",)}, "First walk is the last item."),
        ("how long is it", {"cues": ("c2",)}, "Guest entry: Fri 13 Mar 01:30. It takes 1 h."),
        ("when is it", {"tasks": ("k7",)}, "Guest entry: Fri 13 Mar 01:30."),
        ("when do the doors open", {}, "Doors open Fri 13 Mar 01:30."),
        ("what is next", {}, "Next comes Load in, tomorrow 17:30."),
        ("at half five", {"clock": time(5, 30)}, "Tomorrow 17:30: Load in."),
        ("at 5:30 am", {"clock": time(5, 30)}, "Nothing is on tomorrow 05:30."),
        ("call times", {}, "In the draft: Crew call and briefing tomorrow 17:30,"),
        ("draft one", {}, "The draft of the run of show begins tomorrow, 22 items:"),
        ("today", {"window": window("today")}, "Nothing of the run of show is today; it begins tomorrow"),
    ],
)  # fmt: skip
def test_the_run_of_show(message, slots, content):
    reply = tell("events.run_of_show", message, **slots)
    assert reply.content.startswith(content)
    assert reply.actions[0].target == "/run-of-show"


def test_without_items_of_its_own_the_draft_is_told_as_one():
    context = Context(event=msgspec.structs.replace(EVENT, cues=()), sent=frozenset({"event"}))
    assert tell("events.run_of_show", "", context).content.startswith(
        "The draft of the run of show"
    )


def test_items_by_their_offset_from_the_start():
    event = Event(id="e", start_at=at(10), cues=(Cue(id="c", name="Bow", offset_minutes=30),))
    reply = tell("events.run_of_show", "when", Context(event=event), cues=("c",))
    assert reply.content == "Bow: today 20:00."


def test_offered_questions_are_answerable():
    for skill in (
        "events.critical_path",
        "events.staffing",
        "events.workload",
        "events.run_of_show",
    ):
        reply = tell(skill)
        assert reply.follow_up
        assert not any("ready" in question for question in reply.follow_up), "no samples came"
    assert tell("events.task_list", "", GALA).follow_up


def test_somebody_who_is_nobody_here_has_no_list_of_tasks():
    reply = ask("what is Bogdan working on", kit="events", context=GALA)
    assert reply.content.startswith("I don't have “Bogdan” in the people of your 7 tasks.")
    assert reply.shown == ()


def test_when_a_task_is_that_no_item_of_the_run_of_show_is():
    context = with_tasks(
        a_task("t", "Dress rehearsal", due_at=at(5)),
        cues=(Cue(id="c", name="Doors", start_at=at(8)),),
    )
    reply = tell(
        "events.run_of_show", "what time is the rehearsal", context, kit="events", tasks=("t",)
    )
    assert reply.content.startswith(
        "Dress rehearsal is not in the run of show. Dress rehearsal is not started"
    )
    assert ask("when is the rehearsal", kit="events", context=context).shown == ("t",)


def test_tasks_that_are_each_named_are_all_told_of():
    reply = ask("are the floor plan and the flower order done", kit="events", context=GALA)
    assert reply.shown == ("k2", "k5")
    assert "Which one" not in reply.content


def test_what_an_analysis_says_ends_in_one_stop():
    context = with_tasks(a_task("t", "Permit", status="blocked", blocked_reason="No answer yet."))
    assert ask("is the permit done", kit="events", context=context).content.endswith(
        "Blocked because: No answer yet."
    )
