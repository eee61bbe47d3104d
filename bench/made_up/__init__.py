"""A made-up service that is measured where no real one is small enough: counters that advance."""
