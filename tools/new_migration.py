"""Write the migration that brings the newest schema to what the tables say: `make migration`."""

import sys

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from towpath import cli, migrations, wiring
from towpath.kit import db
from towpath.kit.config import read_settings


def main(message: str) -> None:
    """Compare the tables with an upgraded, otherwise empty database; write the difference."""
    assert cli  # importing it imports every table
    with wiring.database(read_settings()) as url:
        if any((migrations.VERSIONS).glob("*.py")):
            migrations.upgrade(url)
        engine = create_engine(db.sqlalchemy_url(url))
        config: Config = migrations.config()
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            config.attributes["target_metadata"] = db.metadata
            number = len(list(migrations.VERSIONS.glob("*.py"))) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


if __name__ == "__main__":
    main(sys.argv[1])
