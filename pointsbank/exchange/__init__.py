"""The community counter: goods with a price in points and a stock, redemptions with receipts.

Points, stock, receipt and redemption move together or not at all; stock is the sum of its
movements; a redemption never touches minutes; what was handed over by mistake is taken back once,
by a reversal. Points are good at every counter of the bank, until schemes name their counters.
"""
