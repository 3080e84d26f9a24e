"""Executes plans: interprets the dialect `plan`, estimates, judges the SLA, records, replays, caches.

`execute.execute_plan` runs and records a plan; `replay.replay_run` runs a recorded one again. Nothing is imported
here.
"""
