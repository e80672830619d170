"""Documents that never existed, as words with boxes, and what there is to ask about them.

Everything here follows from a seed. No real document takes part.
"""
