# Sourced by what takes a package from a suite of Debian that this machine need not have: the mirrors and the keys of Debian's
# archive, and an apt with lists, cache and sources of its own. Nothing of the system changes.

# Debian's mirrors in the machine's sources, one a line. Lists that were fetched once tell their origin; before that, only the
# name of the release can (bookworm-updates and -security are archives without other suites, others' repositories have names of
# their own).
debian_mirrors() {
  mirrors=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(RELEASE) $(SITE)' 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ && !seen[$4]++ { print $4 }')
  if [ -z "$mirrors" ]; then
    release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release | tr -d '"')
    mirrors=$(apt-get indextargets --no-release-info --format '$(COMPONENT) $(RELEASE) $(SITE)' 'Created-By: Packages' 2>/dev/null |
      awk -v release="$release" '$1 == "main" && $2 == release && !seen[$3]++ { print $3 }')
  fi
  printf '%s' "$mirrors"
}

# The keys that Debian's suites are signed with; nothing when this machine has none.
debian_keyring() {
  for file in /usr/share/keyrings/debian-archive-keyring.gpg /usr/share/keyrings/debian-archive-keyring.pgp; do
    if [ -r "$file" ]; then
      printf '%s' "$file"
      return
    fi
  done
}

# folder: made anew, with apt.conf for `apt-get --config-file`; its sources.list is the caller's to write, and `download` a place
# that apt may write into.
make_private_apt() {
  rm -rf "$1"
  mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/download"
  : >"$1/status"
  cat >"$1/apt.conf" <<CONF
// what others want to be told of the machine's own lists
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State "$1";
Dir::State::lists "$1/lists";
Dir::State::status "$1/status";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "-";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
APT::Update::Error-Mode "any";
// a machine may allow for its own mirrors what must not be allowed here
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
CONF
  # apt downloads as a user of its own, who needs a way to the folder: none leads through /root.
  if [ "$(id -u)" = 0 ]; then
    { chown _apt "$1/lists/partial" "$1/cache/archives/partial" "$1/download" &&
      setpriv --reuid=_apt --clear-groups test -w "$1/download"; } 2>/dev/null ||
      echo 'APT::Sandbox::User "root";' >>"$1/apt.conf"
  fi
}
