"""Results let out team by team: who comes when is fixed at the begin and kept in the vault, as is how far it is.

The web asks for the next one, and cannot say whose it is. Whatever it writes, it can at most hurry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from challenges.spec import PRIVATE
from leaderboard.board import presenting
from leaderboard.board.ceremonies import frozen_board, order_of, place_of, tracks_of
from leaderboard.board.entries import Best, Sent, assemble
from leaderboard.board.overall import overall
from leaderboard.event import EventError
from leaderboard.judge import finals, plans
from leaderboard.judge.judging import Judge
from leaderboard.judge.plans import Plan, Planned
from leaderboard.judge.results import exact_scores
from leaderboard.store.queries import audit, must_not_be_revealing, now, track_state
from leaderboard.store.tables import Submission, Team, Turn
from leaderboard.store.tables.ceremonies import POINTS

A_SECOND = timedelta(seconds=1)
"""At least so long lies between two turns, however fast they are asked for."""


def begin(judge: Judge, scope: str) -> Plan:
    """Begin a ceremony of a track, or of the points over all tracks; nothing is let out yet.

    Exact scores, and the ranks that each team may truly have, are worked out now and kept in the vault. Its tracks are
    revealing from now on, until they are published.

    Raises
    ------
    leaderboard.judge.results.FilesLost
        If a file is missing that a ranking needs.
    leaderboard.store.queries.Revealing
        If results of one of its tracks are let out already.
    EventError
        If a track is not finalized, published already, or changed meanwhile; another ceremony is under way; or nobody
        has a final.
    """
    tracks = tracks_of(judge.event, scope)
    scope = scope if scope == POINTS else tracks[0]
    with judge.store.read() as session:
        states = {track: track_state(session, track) for track in tracks}
        _must_be_free(session, judge, tracks)
    for said, wrong in (
        ("not finalized yet", [track for track, state in states.items() if state.finals is None]),
        ("published already", [track for track, state in states.items() if state.published_at]),
    ):
        if wrong:
            raise EventError(f"a ceremony of {scope} lets out what is {said}: {', '.join(wrong)}")
    chosen = {track: finals.decided(judge, track) for track in tracks}
    holdouts = {track: judge.holdout(track) for track in tracks}
    exact = {track: exact_scores(judge, holdouts[track], chosen[track], judge.score)[PRIVATE] for track in tracks}
    with judge.store.write() as session:
        _must_be_free(session, judge, tracks)
        for track in tracks:  # Their teams may have other names by now.
            chosen[track] = finals.still_decided(session, holdouts[track], chosen[track])
        turns = _turns(session, judge, scope, chosen, exact)
        if not turns:
            raise EventError(f"no team has a final of {scope}: there is nothing to let out")
        for track in tracks:
            track_state(session, track).revealing_at = now()
        row = presenting.begin(session, scope, rehearsal=False)
        plan = Plan(row.id, {track: holdout.digest for track, holdout in holdouts.items()}, turns)
        plans.keep(judge.vault, plan)
    return plan


def _must_be_free(session: Session, judge: Judge, tracks: Iterable[str]) -> None:
    must_not_be_revealing(session, *tracks)
    if (plan := plans.kept(judge.vault)) and (row := plans.row_of(session, plan)):
        raise EventError(f"the ceremony of {row.scope} is under way: publish what it lets out first")


def _turns(
    session: Session,
    judge: Judge,
    scope: str,
    chosen: Mapping[str, list[Submission]],
    exact: Mapping[str, Mapping[int, Best]],
) -> list[Planned]:
    """Return whose turn is when and what it tells, as the private slice has it."""
    pairs = {
        track: [(one, exact[track][one.id]) for one in found if one.team.kind == "team"]
        for track, found in chosen.items()
    }
    teams = {one.team.name: one.team_id for found in pairs.values() for one, _ in found}
    boards = {
        track: assemble(track, [(Sent.of(one), best) for one, best in found], dict.fromkeys(teams, 0), PRIVATE)
        for track, found in pairs.items()
    }
    places = overall(boards) if scope == POINTS else boards[scope]
    told = {one.team: place_of(one) for one in places}
    releases: dict[str, dict[str, Best]] = {team: {} for team in teams}
    for track, found in pairs.items():
        for one, best in found:
            releases[one.team.name][track] = best
    order = order_of(session, chosen, frozen_board(session, judge.event, scope))
    return [
        Planned(
            teams[one.team],
            one.value,
            one.low,
            one.high,
            one.rank_best or 1,
            one.rank_worst or len(teams),
            releases[one.team],
        )
        for one in (told[team] for team in order if team in told)
    ]


def go_on(judge: Judge) -> None:
    """Let out the next team's result if that is asked for, by a ceremony that was begun here and a second later.

    What the vault says is out is brought into the tables, should a judge have ended in between.
    """
    if not plans.path_of(judge.vault).exists():
        return
    with judge.store.read() as session:
        if not _is_wanted(session, plans.kept(judge.vault)):
            return
    with judge.store.write() as session:
        # The row is held, so that of several judges one at a time goes on.
        plan = plans.kept(judge.vault)
        if plan is None or plans.row_of(session, plan, held=True) is None or not _is_wanted(session, plan):
            return
        missing = set(range(plan.done)) - _out(session, plan)
        if not missing:
            missing = {plan.done}
            plan = replace(plan, done=plan.done + 1, at=now())
            plans.keep(judge.vault, plan)
        for number in sorted(missing):
            _let_out(judge, session, plan, number)


def _is_wanted(session: Session, plan: Plan | None) -> bool:
    row = plans.row_of(session, plan) if plan else None
    if plan is None or row is None:
        return False
    if len(_out(session, plan)) < plan.done:
        return True
    return plan.done < min(presenting.asked(row), len(plan.turns)) and not now() - A_SECOND < plan.at <= now()


def _out(session: Session, plan: Plan) -> set[int]:
    mine = Turn.ceremony_id == plan.ceremony, Turn.number < plan.done
    return set(session.scalars(select(Turn.number).where(*mine)))


def _let_out(judge: Judge, session: Session, plan: Plan, number: int) -> None:
    """Write one team's releases and its turn, in the caller's transaction."""
    turn = plan.turns[number]
    for track, best in turn.releases.items():
        judge.release(session, {best.submission: best}, plan.holdouts[track], PRIVATE)
    told = {name: value for name, value in vars(turn).items() if name not in ("team", "releases")}
    session.merge(Turn(ceremony_id=plan.ceremony, number=number, team_id=turn.team, at=now(), **told))
    team = session.get_one(Team, turn.team)
    audit(session, "result let out", ceremony=plan.ceremony, turn=number + 1, team=team.name)
