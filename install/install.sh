#!/bin/sh
# Installs the Pulsewire agent on this Linux machine, moves it to another version, or removes it (--uninstall).
#
# What it does, after it has looked at everything and before which it changes nothing:
#   1. downloads the agent from the hub and compares it with the SHA-256 that stands in this file;
#   2. makes the system user pulsewire-agent, who can do nothing in particular;
#   3. unpacks the program to /opt/pulsewire-agent, owned by root;
#   4. writes /etc/pulsewire/agent.json, unless it is there, and makes /etc/pulsewire/metrics for custom metrics;
#   5. makes /var/lib/pulsewire-agent, closed to others, and leaves the enrolment token there for the agent, which removes it;
#   6. starts the agent by systemd, or in the background where there is none, and waits for it to reach the hub.
# Nothing else is fetched from anywhere, but in one case: where the hub's build of better-sqlite3 does not load in this machine's
# Node, npm builds it as the user pulsewire-agent, from the npm registry, by the checksums that the archive brings.
#
# Exit codes: 0 done, 1 something failed and the version before is in place, 2 nothing was changed: something is missing or wrong,
# 3 installed and started, but the hub has not been reached yet.
#
# POSIX sh. All of it is in functions, so that a download that breaks off runs nothing.
set -eu
LC_ALL=C
export LC_ALL

# Filled in by the hub that serves this file.
hub_url=''
archive=''
archive_sha256=''

user=pulsewire-agent
program=/opt/pulsewire-agent
settings_folder=/etc/pulsewire
settings=$settings_folder/agent.json
state=/var/lib/pulsewire-agent
token_file=$state/enrolment-token
unit=/etc/systemd/system/pulsewire-agent.service
init_script=/etc/init.d/pulsewire-agent
pid_file=/run/pulsewire-agent.pid
node_wanted='20.19'
connect_seconds_max=30

action=install
hub_given=
name_given=
tags_given=
token=
token_given=
ca_file=
key_pin=
node_given=
archive_file=
starts=yes
is_purge=
is_check=
scratch=
node=
npm=
has_systemd=
switched_from=
is_switched=

usage() {
  cat <<END
Installs the Pulsewire agent on this Linux machine, moves it to the hub's version, or removes it. Run it as root.

  --hub URL           the hub's address${hub_url:+ (default: $hub_url)}
  --token-file FILE   file with the enrolment token; - asks for it on the terminal
  --token TOKEN       the token itself: other users of this machine can see it while this runs
  --name NAME         name under which the machine is shown (default: its host name)
  --tag NAME=VALUE    a tag of the machine; may be given again
  --ca-file FILE      certificate (PEM) of the authority that has signed the hub's, if no public one has
  --key-pin TEXT      the key that the hub must hold, as sha256/ and base64; in place of an authority, or beside --ca-file
  --node FILE         the Node to run the agent with, $node_wanted or newer (default: the first one found)
  --archive FILE      the agent's archive, downloaded before: for machines that do not reach the hub by HTTP
  --wait SECONDS      how long to wait for the agent to reach the hub (default: $connect_seconds_max)
  --no-start          install without starting
  --check             look at everything, say what would be done, change nothing
  --uninstall         stop and remove the agent; its settings, token, and what it has not sent stay
  --purge             with --uninstall: these too, custom metrics in $settings_folder/metrics, and the user
  --help              this text

The token may also come in the variable PULSEWIRE_ENROLMENT_TOKEN. A machine that has enrolled needs none.
END
}

say() {
  printf '%s\n' "$*"
}

# Something is missing or wrong, and nothing has been changed.
refuse() {
  printf 'Cannot %s the agent: %s\n' "$action" "$*" >&2
  exit 2
}

fail() {
  printf 'Cannot %s the agent: %s\n' "$action" "$*" >&2
  exit 1
}

has() {
  command -v "$1" >/dev/null 2>&1
}

# Whatever happens: no copy of the token stays, and a version that did not come up gives way to the one before.
leave() {
  code=$?
  trap - EXIT
  if [ -n "$scratch" ]; then rm -rf "$scratch"; fi
  rm -rf "$program/.new" "$program/.current" "$program/.node"
  rmdir "$program" 2>/dev/null || true
  exit "$code"
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --hub | --token | --token-file | --name | --tag | --ca-file | --key-pin | --node | --archive | --wait)
        [ $# -ge 2 ] || refuse "$1 must be followed by a value"
        [ -n "$2" ] || refuse "the value of $1 must not be empty"
        ;;
    esac
    case $1 in
      --hub) hub_given=$2 && shift ;;
      --token) token=$2 && token_given=$1 && shift ;;
      --token-file) read_token_file "$2" && token_given=$1 && shift ;;
      --name) name_given=$2 && shift ;;
      --tag)
        case $2 in ?*=?*) ;; *) refuse "--tag must be NAME=VALUE: got \"$2\"" ;; esac
        tags_given="$tags_given$2
"
        shift
        ;;
      --ca-file) ca_file=$2 && shift ;;
      --key-pin) key_pin=$2 && shift ;;
      --node) node_given=$2 && shift ;;
      --archive) archive_file=$2 && shift ;;
      --wait)
        case $2 in *[!0-9]* | ?????*) refuse "--wait must be whole seconds: got \"$2\"" ;; esac
        connect_seconds_max=$2
        shift
        ;;
      --no-start) starts= ;;
      --check) is_check=yes ;;
      --uninstall) action=uninstall ;;
      --purge) is_purge=yes ;;
      --help | -h)
        usage
        exit 0
        ;;
      *) refuse "there is no option \"$1\": --help lists them" ;;
    esac
    shift
  done
  if [ -n "$is_purge" ] && [ "$action" != uninstall ]; then refuse '--purge goes with --uninstall'; fi
  if [ -z "$token_given" ] && [ -n "${PULSEWIRE_ENROLMENT_TOKEN-}" ]; then
    token=$PULSEWIRE_ENROLMENT_TOKEN
    token_given=PULSEWIRE_ENROLMENT_TOKEN
  fi
  unset PULSEWIRE_ENROLMENT_TOKEN
}

read_token_file() {
  if [ "$1" = - ]; then
    ask_token || refuse 'there must be a terminal to ask for the token on'
    return 0
  fi
  [ -r "$1" ] || refuse "the token must be in a file that can be read: got \"$1\""
  token=$(head -c 1000 "$1" | tr -d ' \r\n\t')
}

# The script itself may be what comes on the standard input.
ask_token() {
  (: </dev/tty) 2>/dev/null || return 1
  printf 'Enrolment token (it is not shown): ' >/dev/tty
  echo_before=$(stty -g </dev/tty)
  # shellcheck disable=SC2064
  trap "stty '$echo_before' </dev/tty; exit 130" INT TERM
  stty -echo </dev/tty
  read -r token </dev/tty || true
  stty "$echo_before" </dev/tty
  trap - INT TERM
  printf '\n' >/dev/tty
}

check_machine() {
  [ "$(uname -s)" = Linux ] || refuse "the machine must run Linux: got $(uname -s)"
  [ "$(id -u)" -eq 0 ] || refuse 'it must run as root, as by sudo'
  for tool in tar gzip sed grep tr head mktemp mv ln chmod chown install find; do
    has "$tool" || refuse "the command $tool must be there"
  done
  has useradd || has adduser || refuse 'the command useradd or adduser must be there'
  if [ -d /run/systemd/system ] && has systemctl; then has_systemd=yes; fi
  for path in "$program" "$settings_folder" "$state"; do
    if [ -L "$path" ]; then refuse "$path must be a folder of its own: got a link"; fi
    if [ -e "$path" ] && [ ! -d "$path" ]; then refuse "$path must be a folder: got something else"; fi
  done
  if [ -d "$program" ] && [ ! -e "$program/current" ] && [ -n "$(ls -A "$program")" ]; then
    refuse "$program must be empty or an earlier installation: got other files there"
  fi
  if uid=$(id -u "$user" 2>/dev/null) && [ "$uid" -eq 0 ]; then refuse "the user $user must not be root"; fi
}

check_hub() {
  if [ -n "$hub_given" ]; then hub_url=${hub_given%/}; fi
  [ -n "$hub_url" ] || refuse '--hub must say where the hub is: this copy of the script was not downloaded from one'
  case $hub_url in
    https://?* | http://?*) ;;
    *) refuse "--hub must be a URL that starts with https:// or http://: got \"$hub_url\"" ;;
  esac
  case $hub_url in
    *[!A-Za-z0-9.:/_~%\[\]-]*) refuse '--hub must be letters, digits and the characters of a URL, without user, query or password' ;;
  esac
  if [ -z "$archive" ] || [ -z "$archive_sha256" ]; then
    refuse "this copy of the script does not know the agent's checksum: download it from $hub_url/install.sh"
  fi
  if [ -n "$ca_file" ]; then
    grep -q -- '-----BEGIN CERTIFICATE-----' "$ca_file" 2>/dev/null ||
      refuse "--ca-file must be a certificate in PEM that can be read: got \"$ca_file\""
  fi
  case $key_pin in
    '' | sha256/*=) ;;
    *) refuse "--key-pin must be \"sha256/\" and the base64 of the SHA-256 of the hub's key: got \"$key_pin\"" ;;
  esac
  if [ -n "$ca_file$key_pin" ] && [ "${hub_url#https://}" = "$hub_url" ]; then
    refuse "--ca-file and --key-pin go with a hub that is reached by https://: got $hub_url"
  fi
}

# The first Node that is new enough. What root's own shell finds comes first, then where it usually is.
check_node() {
  tried=
  for candidate in "$node_given" "$(command -v node 2>/dev/null || true)" "$(command -v nodejs 2>/dev/null || true)" \
    /usr/local/bin/node /usr/bin/node /opt/node/bin/node /opt/nodejs/bin/node; do
    [ -n "$candidate" ] || continue
    if version=$("$candidate" -p 'process.versions.node' 2>/dev/null) && is_version_enough "$version"; then
      node=$("$candidate" -p 'require("fs").realpathSync(process.execPath)')
      check_node_place
      return 0
    fi
    tried="$tried $candidate (${version:-it does not run})"
    [ -z "$node_given" ] || break
  done
  printf 'Cannot %s the agent: Node %s or newer must be installed for all users: got%s\n' "$action" "$node_wanted" "${tried:- none}" >&2
  cat >&2 <<'END'
Ways to get it, each from a place that you choose to trust:
  the distribution's own    apt install nodejs    (Debian 13, Ubuntu 25.04 and newer)
                            dnf install nodejs    (Fedora; Red Hat 9: dnf module install nodejs:22)
                            apk add nodejs npm    (Alpine 3.20 and newer)
  nodejs.org                download node-v22.….tar.xz and SHASUMS256.txt, compare, unpack to /opt/node
Then run this again; --node FILE names one that is elsewhere.
END
  exit 2
}

is_version_enough() {
  major=${1%%.*}
  rest=${1#*.}
  minor=${rest%%.*}
  wanted_minor=${node_wanted#*.}
  case $major$minor in '' | *[!0-9]*) return 1 ;; esac
  [ "$major" -gt "${node_wanted%%.*}" ] || { [ "$major" -eq "${node_wanted%%.*}" ] && [ "$minor" -ge "$wanted_minor" ]; }
}

# The agent's user must be able to run it, and nobody but root to replace it.
check_node_place() {
  case $node in
    *[!A-Za-z0-9._/+-]*) refuse "Node must be at a path of plain characters: got \"$node\"" ;;
    /root/* | /home/* | /tmp/* | /run/*) refuse "Node must be where all users can run it, not in somebody's own folder: got $node" ;;
  esac
  path=$node
  while [ "$path" != / ]; do
    if [ -n "$(find "$path" -prune ! -user 0 2>/dev/null)" ]; then refuse "Node must belong to root, so that nobody else can change it: got $path"; fi
    if [ -n "$(find "$path" -prune -perm -0002 ! -type l 2>/dev/null)" ]; then refuse "others must not be able to change Node: got $path"; fi
    path=$(dirname "$path")
  done
  npm=$(dirname "$node")/npm
  [ -x "$npm" ] || npm=$(command -v npm 2>/dev/null || true)
}

# The agent's version that is installed; nothing for none.
installed_version() {
  [ -L "$program/current" ] || return 0
  sed -n 's/^  "version": "\(.*\)",*$/\1/p' "$program/current/package.json" 2>/dev/null | head -n 1
}

has_enrolled() {
  [ -f "$state/spool.sqlite" ] && [ ! -e "$token_file" ]
}

check_token() {
  if [ -z "$token_given" ] && ! has_enrolled && [ ! -e "$token_file" ] && [ -z "$is_check" ]; then
    ask_token || refuse 'the enrolment token must be given (--token-file, PULSEWIRE_ENROLMENT_TOKEN or --token): an administrator makes one at the hub'
    token_given=terminal
  fi
  [ -n "$token_given" ] || return 0
  case $token in
    *[!!-~]*) refuse 'the enrolment token must be of visible characters without spaces' ;;
  esac
  if [ "${#token}" -lt 8 ] || [ "${#token}" -gt 200 ]; then refuse 'the enrolment token must have 8 to 200 characters'; fi
}

fetch() {
  # A pinned key alone stands in the place of authorities and names, as it does for the agent.
  pin=${key_pin:+sha256//${key_pin#sha256/}}
  unnamed=
  if [ -n "$key_pin" ] && [ -z "$ca_file" ]; then unnamed=yes; fi
  if has curl; then
    curl --fail --silent --show-error --location --proto '=http,https' --max-redirs 3 --connect-timeout 15 --max-time 600 \
      ${ca_file:+--cacert "$ca_file"} ${pin:+--pinnedpubkey "$pin"} ${unnamed:+--insecure} --output "$2" "$1"
  elif has wget; then
    wget -q -T 30 ${ca_file:+--ca-certificate="$ca_file"} ${pin:+--pinnedpubkey="$pin"} ${unnamed:+--no-check-certificate} -O "$2" "$1"
  else
    say 'neither curl nor wget is there' >&2
    return 1
  fi
}

# Downloads the archive, or takes the one given, and compares it before anything looks into it.
get_archive() {
  if [ -n "$archive_file" ]; then
    [ -r "$archive_file" ] || refuse "the archive must be a file that can be read: got \"$archive_file\""
    cp "$archive_file" "$scratch/agent.tar.gz"
  else
    fetch "$hub_url/install/$archive" "$scratch/agent.tar.gz" || refuse "it must be possible to download $hub_url/install/$archive"
  fi
  got=$("$node" -e 'const hash = require("crypto").createHash("sha256").update(require("fs").readFileSync(process.argv[1])); console.log(hash.digest("hex"))' "$scratch/agent.tar.gz")
  [ "$got" = "$archive_sha256" ] || refuse "the archive must have the SHA-256 $archive_sha256: got $got"
  if tar -tzf "$scratch/agent.tar.gz" | grep -q -v '^pulsewire-agent/[^.]' || tar -tzf "$scratch/agent.tar.gz" | grep -q '\.\.'; then
    refuse 'the archive must hold files of pulsewire-agent/ only'
  fi
}

make_user() {
  if id -u "$user" >/dev/null 2>&1; then return 0; fi
  shell=/usr/sbin/nologin
  [ -x "$shell" ] || shell=/bin/false
  if has useradd; then
    useradd --system --user-group --no-create-home --home-dir "$state" --shell "$shell" --comment 'Pulsewire agent' "$user"
  else
    addgroup -S "$user"
    adduser -S -D -H -h "$state" -s "$shell" -G "$user" -g 'Pulsewire agent' "$user"
  fi
}

# Runs a command as the agent's user with nothing of root's environment.
as_agent() {
  if has setpriv && setpriv --help 2>&1 | grep -q -- --clear-groups; then
    setpriv --reuid "$user" --regid "$user" --clear-groups env -i PATH="$(dirname "$node"):/usr/local/bin:/usr/bin:/bin" "$@"
  elif has runuser; then
    runuser -u "$user" -- env -i PATH="$(dirname "$node"):/usr/local/bin:/usr/bin:/bin" "$@"
  else
    # shellcheck disable=SC2016
    su -s /bin/sh "$user" -c 'exec "$0" "$@"' -- env -i PATH="$(dirname "$node"):/usr/local/bin:/usr/bin:/bin" "$@"
  fi
}

# Whether the program's native library loads in this machine's Node, for the agent's user.
loads() {
  # Not from root's own working folder, which the agent's user may not enter.
  (cd / && as_agent "$node" -e 'new (require(process.argv[1] + "/node_modules/better-sqlite3"))(":memory:").close()' "$1") 2>"$scratch/loads"
}

unpack() {
  install -d -m 0755 -o root -g root "$program"
  rm -rf "$program/.new"
  mkdir "$program/.new"
  tar -xzf "$scratch/agent.tar.gz" -C "$program/.new" --no-same-owner
  release=$(sed -n 's/^  "version": "\(.*\)",*$/\1/p' "$program/.new/pulsewire-agent/package.json" | head -n 1)-$(echo "$archive_sha256" | head -c 12)
  if ! loads "$program/.new/pulsewire-agent"; then build_native; fi
  chown -R 0:0 "$program/.new"
  chmod -R u+rwX,go+rX,go-w "$program/.new"
}

# Builds the native library as the agent's user in a folder of its own, and takes from it what the program loads.
build_native() {
  runtime=$("$node" -p 'const { version, versions, platform, arch } = process; [version, "ABI " + versions.modules, platform, arch].join(" ")')
  say "The hub's build of better-sqlite3 does not load in this Node ($runtime): npm gets another one, which may take some minutes"
  [ -n "$npm" ] || fail "$(no_native 'npm is not there')"
  build=$scratch/build
  install -d -m 0700 -o "$user" -g "$user" "$build"
  cp "$program/.new/pulsewire-agent/package.json" "$program/.new/pulsewire-agent/package-lock.json" "$build"
  chmod 0644 "$build"/package*.json
  chmod 0711 "$scratch"
  # Proxies and a registry of one's own are what npm needs from the environment.
  (cd "$build" && as_agent HOME="$build" npm_config_cache="$build/cache" npm_config_update_notifier=false \
    ${HTTPS_PROXY:+HTTPS_PROXY="$HTTPS_PROXY"} ${https_proxy:+https_proxy="$https_proxy"} \
    ${HTTP_PROXY:+HTTP_PROXY="$HTTP_PROXY"} ${http_proxy:+http_proxy="$http_proxy"} ${NO_PROXY:+NO_PROXY="$NO_PROXY"} \
    ${npm_config_registry:+npm_config_registry="$npm_config_registry"} ${npm_config_nodedir:+npm_config_nodedir="$npm_config_nodedir"} \
    ${NODE_EXTRA_CA_CERTS:+NODE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"} \
    "$node" "$npm" ci --omit=dev --no-audit --no-fund) >"$scratch/npm.log" 2>&1 || {
    tail -n 15 "$scratch/npm.log" >&2
    fail "$(no_native 'npm has failed, see above')"
  }
  loads "$build" || fail "$(no_native "$(head -n 1 "$scratch/loads")")"
  for part in better-sqlite3/package.json better-sqlite3/lib better-sqlite3/build/Release/better_sqlite3.node bindings file-uri-to-path; do
    target=$program/.new/pulsewire-agent/node_modules/$part
    # Nothing but files: what has been built is not trusted to be without links.
    [ -z "$(find "$build/node_modules/$part" -type l)" ] || fail "$(no_native 'what npm has built holds links')"
    rm -rf "$target"
    mkdir -p "$(dirname "$target")"
    cp -R "$build/node_modules/$part" "$target"
  done
  # Nothing of it may run with other rights than those of whoever runs it.
  chmod -R ugo-s "$program/.new/pulsewire-agent/node_modules"
}

no_native() {
  cat <<END
better-sqlite3 must be built for this machine's Node: $1
Ways out: run the agent with the Node of the hub (its ABI is the last number of $archive; --node FILE); or let npm build it, which
takes npm, a C++ compiler, make, Python and access to registry.npmjs.org and nodejs.org (Debian: apt install npm g++ make python3).
END
}

# Settings are written only where they are absent; what is given on the command line is changed in them.
write_settings() {
  install -d -m 0755 -o root -g root "$settings_folder"
  install -d -m 0755 -o root -g root "$settings_folder/metrics"
  hub_ca=
  if [ -n "$ca_file" ]; then hub_ca=$(setting caFile); fi
  if [ -n "$ca_file" ] && [ "$ca_file" != "$hub_ca" ]; then
    hub_ca=$settings_folder/hub-ca.pem
    install -m 0644 -o root -g root "$ca_file" "$hub_ca"
  fi
  # An address that is there stays, unless one is given.
  HUB=${hub_given:+$hub_url} NEW_HUB=$hub_url NAME=$name_given TAGS=$tags_given CA=$hub_ca KEY_PIN=$key_pin STATE=$state TOKEN_FILE=$token_file \
    METRICS=$settings_folder/metrics "$node" - "$settings" "$settings_folder/.agent.json.new" <<'END' || fail "$settings must be settings of the agent: see above"
const { readFileSync, writeFileSync, existsSync } = require('fs');
const [, , file, target] = process.argv;
const { HUB, NEW_HUB, NAME, TAGS, CA, KEY_PIN, STATE, METRICS, TOKEN_FILE } = process.env;
try {
  const isNew = !existsSync(file);
  const before = isNew ? '' : readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  const settings = isNew ? { hubUrl: NEW_HUB } : JSON.parse(before);
  const changes = {
    ...(HUB ? { hubUrl: HUB } : {}),
    ...(NAME ? { name: NAME } : {}),
    ...(CA ? { caFile: CA } : {}),
    ...(KEY_PIN ? { hubKeyPin: KEY_PIN } : {}),
    ...(settings.dataFolder ? {} : { dataFolder: STATE }),
    ...(settings.metricsFolder ? {} : { metricsFolder: METRICS }),
    ...(settings.enrolmentKeyFile ? {} : { enrolmentKeyFile: TOKEN_FILE }),
  };
  const tags = TAGS.split('\n').filter(Boolean).map((tag) => [tag.slice(0, tag.indexOf('=')), tag.slice(tag.indexOf('=') + 1)]);
  if (tags.length > 0) changes.tags = { ...settings.tags, ...Object.fromEntries(tags) };
  const isSame = Object.entries(changes).every(([key, value]) => JSON.stringify(settings[key]) === JSON.stringify(value));
  // What people have written keeps its layout while nothing changes.
  writeFileSync(target, isSame && !isNew ? before : JSON.stringify({ ...settings, ...changes }, null, 2) + '\n');
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
END
  chown "root:$user" "$settings_folder/.agent.json.new"
  chmod 0640 "$settings_folder/.agent.json.new"
  mv "$settings_folder/.agent.json.new" "$settings"
}

make_state() {
  if [ ! -d "$state" ]; then install -d -m 0700 -o "$user" -g "$user" "$state"; fi
  chmod 0700 "$state"
  chown "$user:$user" "$state"
  [ -n "$token_given" ] || return 0
  # As the agent's user, who owns the folder: root would follow a link that somebody has left there.
  # shellcheck disable=SC2016
  printf '%s\n' "$token" | (cd / && as_agent sh -c 'umask 077; rm -f "$1"; cat >"$1"' sh "$token_file") || fail "the token must be written to $token_file"
  token=
}

# Puts the unpacked version in place of the one that runs: one rename, so that there is never none.
switch() {
  switched_from=$(readlink "$program/current" 2>/dev/null || true)
  if [ "$switched_from" = "$release" ]; then
    rm -rf "$program/.new"
  else
    rm -rf "${program:?}/$release"
    mv "$program/.new/pulsewire-agent" "$program/$release"
  fi
  link "$release" "$program/current"
  link "$node" "$program/node"
  install -m 0755 -o root -g root "$program/current/install.sh" "$program/install.sh"
  is_switched=yes
}

link() {
  ln -sfn "$1" "$program/.link"
  mv -T "$program/.link" "$2" 2>/dev/null || { rm -f "$2" && mv "$program/.link" "$2"; }
}

install_service() {
  if [ -n "$has_systemd" ]; then
    install -m 0644 -o root -g root "$program/current/pulsewire-agent.service" "$unit"
    systemctl daemon-reload
    systemctl enable --quiet pulsewire-agent.service
    return 0
  fi
  install -m 0755 -o root -g root "$program/current/pulsewire-agent.init" "$program/service"
  [ -d /etc/init.d ] || return 0
  install -m 0755 -o root -g root "$program/service" "$init_script"
  if has update-rc.d; then
    update-rc.d pulsewire-agent defaults >/dev/null
  elif has chkconfig; then
    chkconfig --add pulsewire-agent
  fi
}

stop_service() {
  if [ -n "$has_systemd" ]; then
    systemctl stop pulsewire-agent.service 2>/dev/null || true
  fi
  if [ -x "$program/service" ]; then "$program/service" stop 2>/dev/null || true; fi
}

start_service() {
  # What cannot be started is seen when it is waited for.
  if [ -n "$has_systemd" ]; then
    systemctl restart pulsewire-agent.service || true
  else
    log_bytes=$(wc -c 2>/dev/null <"$state/agent.log" || echo 0)
    "$program/service" restart 2>/dev/null || true
  fi
}

# What the agent has said since it was started here.
agent_log() {
  if [ -n "$has_systemd" ]; then
    invocation=$(systemctl show --property=InvocationID --value pulsewire-agent.service)
    journalctl --quiet --no-pager --output=cat "_SYSTEMD_INVOCATION_ID=$invocation" 2>/dev/null || true
  else
    tail -c "+$((log_bytes + 1))" "$state/agent.log" 2>/dev/null || true
  fi
}

# Whether the agent has ended since it was started here: it is started again, but that does not mend it.
has_ended() {
  if [ -n "$has_systemd" ]; then
    ! systemctl is-active --quiet pulsewire-agent.service || [ "$(systemctl show --property=NRestarts --value pulsewire-agent.service)" -gt 0 ]
  else
    ! "$program/service" status 2>/dev/null || agent_log | grep -q '^The agent has ended'
  fi
}

# Waits until the agent says that the hub has taken it. 0 it has, 3 not yet, 1 the agent does not run.
await_hub() {
  waited=0
  while [ "$waited" -lt "$connect_seconds_max" ]; do
    if agent_log | grep -q '"link.opened"'; then return 0; fi
    if [ "$waited" -ge 2 ] && has_ended; then return 1; fi
    sleep 1
    waited=$((waited + 1))
  done
  return 3
}

# The last thing that went wrong, in the agent's words, and what it advises.
last_trouble() {
  line=$(agent_log | grep '"link.failed"' | tail -n 1)
  advice=$(field advice "$line")
  printf '%s' "$(field reason "$line")${advice:+
$advice}"
}

# A text out of a line of the log.
field() {
  printf '%s' "$2" | sed -n "s/^.*\"$1\":\"\(\([^\"\\]\|\\\\.\)*\)\".*\$/\1/p" | sed 's/\\\(["\\]\)/\1/g' | head -c 500
}

remove_old_versions() {
  for folder in "$program"/*/; do
    folder=${folder%/}
    if [ -L "$folder" ] || [ "$folder" = "$program/$release" ]; then continue; fi
    rm -rf "$folder"
  done
}

# The version before, if there was one, runs again.
switch_back() {
  [ -n "$is_switched" ] || return 0
  if [ -n "$switched_from" ] && [ "$switched_from" != "$release" ] && [ -d "$program/$switched_from" ]; then
    link "$switched_from" "$program/current"
    rm -rf "${program:?}/$release"
    install_service
    start_service
    say "The version before runs again ($(installed_version))" >&2
  fi
}

# One of the settings that are there already; nothing for none.
setting() {
  [ -f "$settings" ] || return 0
  "$node" -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8").replace(/^\ufeff/, ""))[process.argv[2]] || ""' "$settings" "$1" 2>/dev/null ||
    refuse "$settings must be JSON, or be removed first"
}

# How the hub shows who it is, if that was said before: an upgrade need not say it again.
recall_trust() {
  if [ -n "$ca_file$key_pin" ]; then return 0; fi
  case $hub_url in https://*) ;; *) return 0 ;; esac
  key_pin=$(setting hubKeyPin)
  ca_file=$(setting caFile)
  if [ ! -r "$ca_file" ]; then ca_file=; fi
}

show_plan() {
  before=$(installed_version)
  agent_hub=$hub_url
  if [ -z "$hub_given" ]; then agent_hub=$(setting hubUrl); fi
  agent_hub=${agent_hub:-$hub_url}
  if [ "$agent_hub" = "$hub_url" ]; then
    say "Hub            $hub_url"
  else
    say "Hub            $agent_hub, as $settings says (--hub $hub_url would change it)"
  fi
  say "Node           $node ($("$node" -p process.version))"
  say "Agent          ${archive_file:-$archive}${before:+, in place of $before}"
  say "Started by     $(service_kind)"
  say "Token          $(if [ -n "$token_given" ]; then say given; elif has_enrolled; then say 'not needed: the machine has enrolled'; else say none; fi)"
}

service_kind() {
  if [ -n "$has_systemd" ]; then
    echo "systemd: pulsewire-agent.service"
  elif [ -d /etc/init.d ]; then
    echo "$init_script (no systemd here)"
  else
    echo "$program/service (neither systemd nor /etc/init.d here)"
  fi
}

install_agent() {
  check_machine
  check_hub
  check_node
  recall_trust
  check_token
  show_plan
  scratch=$(mktemp -d)
  get_archive
  if [ -n "$is_check" ]; then
    say 'Nothing was changed: this was a check'
    return 0
  fi
  before=$(installed_version)
  make_user
  unpack
  write_settings
  make_state
  switch
  install_service
  version=$(installed_version)
  if [ -z "$starts" ]; then
    say "Installed agent $version${before:+ in place of $before}, not started"
    return 0
  fi
  start_service
  code=0
  await_hub || code=$?
  if [ "$code" -eq 1 ]; then
    agent_log | tail -n 10 >&2
    switch_back
    fail 'it has ended by itself, see above'
  fi
  remove_old_versions
  say ''
  say "Installed agent $version${before:+ in place of $before}"
  say "Settings       $settings"
  say "Custom metrics $settings_folder/metrics"
  say "Data           $state"
  if [ -n "$has_systemd" ]; then
    say 'Log            journalctl -u pulsewire-agent'
    say 'Stop, start    systemctl stop pulsewire-agent'
  else
    say "Log            $state/agent.log"
    say "Stop, start    $program/service stop"
    say_boot_words
  fi
  say "Remove         $program/install.sh --uninstall"
  if [ "$code" -eq 3 ]; then
    trouble=$(last_trouble)
    say ''
    say "The agent runs and measures, but $agent_hub has not taken it within $connect_seconds_max s${trouble:+: $trouble}"
    say 'It goes on trying, and sends then what it has measured meanwhile.'
    exit 3
  fi
  say "The hub has it as $(field hostName "$(agent_log | grep '"link.opened"' | tail -n 1)")"
}

say_boot_words() {
  if [ ! -d /etc/init.d ] || { ! has update-rc.d && ! has chkconfig; }; then
    say "At boot        nothing here starts it by itself: let the machine's own start run $program/service start"
  fi
}

uninstall_agent() {
  [ "$(id -u)" -eq 0 ] || refuse 'it must run as root, as by sudo'
  if [ -d /run/systemd/system ] && has systemctl; then has_systemd=yes; fi
  if [ -n "$is_check" ]; then
    say "Would remove $program, $unit and $init_script${is_purge:+, and $settings, $settings_folder/metrics, $state and the user $user}"
    return 0
  fi
  stop_service
  if [ -n "$has_systemd" ] && [ -e "$unit" ]; then systemctl disable --quiet pulsewire-agent.service 2>/dev/null || true; fi
  if [ -e "$init_script" ]; then
    if has chkconfig && ! has update-rc.d; then chkconfig --del pulsewire-agent || true; fi
    rm -f "$init_script"
    if has update-rc.d; then update-rc.d pulsewire-agent remove >/dev/null || true; fi
  fi
  rm -f "$unit" "$pid_file"
  # A custom metric may have left something behind: nobody else runs as this user.
  if id -u "$user" >/dev/null 2>&1; then
    find /proc -maxdepth 1 -name '[0-9]*' -user "$user" 2>/dev/null | while read -r process; do
      kill -s KILL "${process#/proc/}" 2>/dev/null || true
    done
  fi
  if [ -n "$has_systemd" ]; then
    systemctl daemon-reload
    systemctl reset-failed pulsewire-agent.service 2>/dev/null || true
  fi
  rm -rf "$program"
  if [ -z "$is_purge" ]; then
    say "Removed the agent. $settings and $state are still there: --uninstall --purge removes them too"
    return 0
  fi
  rm -rf "$settings" "$settings_folder/metrics" "$settings_folder/hub-ca.pem" "$unit.d" "$state"
  rmdir "$settings_folder" 2>/dev/null || true
  if id -u "$user" >/dev/null 2>&1; then
    if has userdel; then userdel "$user"; else deluser "$user"; fi
  fi
  if grep -q "^$user:" /etc/group; then
    if has groupdel; then groupdel "$user"; else delgroup "$user"; fi
  fi
  say 'Removed the agent, its settings, its data and its user. The hub still has what it was sent: remove the host there'
}

main() {
  trap leave EXIT
  trap 'exit 130' INT TERM HUP
  umask 022
  parse_arguments "$@"
  "${action}_agent"
}

main "$@"
