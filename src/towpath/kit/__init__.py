"""What every feature stands on: settings, database, clock, ids, errors. No noun of the domain lives here."""
