#!/bin/sh
# Run by the PostgreSQL image when it has made an empty database: the role that owns the tables, and the one that the hub works as,
# which only reads and writes rows. Neither is a superuser. Their passwords are those in the URLs that the hub gets.
set -eu

password_in() {
  sed -n 's#^postgres://[a-z_]*:\([0-9a-f]*\)@.*$#\1#p' "/run/secrets/$1"
}

# The passwords go in by the standard input: the arguments of a program can be seen.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=pulsewire <<END
create role pulsewire_owner login password '$(password_in database-owner-url)';
create role pulsewire login password '$(password_in database-url)';
alter database pulsewire owner to pulsewire_owner;
END
