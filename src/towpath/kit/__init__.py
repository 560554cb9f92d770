"""What every feature stands on: settings, database, clock, ids, errors. No domain noun."""
