"""The rules of recognition: what is rewarded, how it is booked, and who may be ranked."""

from services.recognition.domain import board, ledger, rules

__all__ = ["board", "ledger", "rules"]
