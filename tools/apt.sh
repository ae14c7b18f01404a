# Sourced by the scripts that take something out of the Debian archive without the system's apt hearing of it: other suites, sources.
# shellcheck shell=bash

# Where apt keeps the Debian archive: the first configured source of the wanted kind, whatever format the sources are written in.
archive_uri() { # archive_uri main|security
  # shellcheck disable=SC2016 # apt's own variables
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' | awk -v kind="$1" '
    $3 == "main" && $1 ~ /debian/ { sec = ($2 ~ /security/); if (sec == (kind == "security")) { print $1; exit } }'
}

# apt with every folder of its own. "status" is empty: the closure of a package then includes its C library.
private_apt() { # private_apt ROOT COMMAND...
  local r=$1; shift
  "$@" -o Dir::Etc="$r/etc" -o Dir::Etc::sourcelist="$r/etc/sources.list" -o Dir::Etc::sourceparts="$r/etc/none" \
    -o Dir::Etc::preferences="$r/etc/preferences" -o Dir::Etc::preferencesparts="$r/etc/none" -o Dir::State="$r/state" \
    -o Dir::State::Lists="$r/lists" -o Dir::State::status="$r/state/status" -o Dir::Cache="$r/cache" \
    -o APT::Sandbox::User="$(id -un)" -o Debug::NoLocking=1 -o Acquire::Retries=3 -o Acquire::Languages=none </dev/null
}

private_apt_init() { # private_apt_init ROOT SUITE [deb-src]
  local r=$1 suite=$2 kind=${3:-deb} uri sec key=/usr/share/keyrings/debian-archive-keyring.gpg
  uri=$(archive_uri main); sec=$(archive_uri security)
  [ -n "$uri" ] || die "apt has no Debian source configured (this script lays down Debian's packages)"
  [ -s "$key" ] || die "$key is missing (package debian-archive-keyring)"
  mkdir -p "$r"/{lists/partial,cache/archives/partial,etc/none,state,debs}
  : >"$r/state/status"; : >"$r/etc/preferences"
  echo "$kind [signed-by=$key] $uri $suite main" >"$r/etc/sources.list"
  # The later suites get their fixes in place; a stable one gets them by its security archive.
  if [ "$suite" = trixie ] && [ -n "$sec" ]; then echo "$kind [signed-by=$key] $sec $suite-security main" >>"$r/etc/sources.list"; fi
  private_apt "$r" apt-get -qq update
}
