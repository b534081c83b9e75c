#!/bin/sh
# Sets up one platform on this machine for `npm run test:executors`, and takes it down again:
#   tests/executors/setup.sh docker|slurm|ray      install (as root) and start it below $EVENKEEL_TEST_PLATFORMS
#   tests/executors/setup.sh stop docker|slurm|ray end what was started
# It prints the variables that the tests want. Meant for a sandbox, not for a machine that runs a cluster.
set -eu
base=${EVENKEEL_TEST_PLATFORMS:-/tmp/evenkeel-platforms}

install() {
  command -v "$1" > /dev/null && return 0
  shift
  # No service is started by its package.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# Starts a daemon whose number `stop` finds.
daemon() {
  name=$1
  shift
  nohup "$@" > "$here/$name.log" 2>&1 &
  echo $! > "$here/$name.pid"
}

until_true() {
  tries=0
  until "$@" > /dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 120 ] || { echo "gave up on: $*; see $here/*.log" >&2; exit 1; }
    sleep 0.5
  done
}

setup_docker() {
  install dockerd docker.io containerd runc busybox-static
  mkdir -p "$here/data" "$here/containerd"
  daemon containerd containerd --root "$here/containerd/root" --state "$here/containerd/state" \
    --address "$here/containerd.sock"
  until_true test -S "$here/containerd.sock"
  daemon dockerd dockerd --containerd "$here/containerd.sock" --data-root "$here/data" --exec-root "$here/exec" \
    --pidfile "$here/docker.number" --host "unix://$here/docker.sock" --iptables=false --ip6tables=false --bridge=none
  until_true curl -sf --unix-socket "$here/docker.sock" http://docker/_ping
  root=$here/image
  mkdir -p "$root/bin" "$root/tmp" "$root/etc"
  cp "$(command -v busybox)" "$root/bin/busybox"
  for tool in $("$root/bin/busybox" --list); do
    [ "$tool" = busybox ] || ln -sf busybox "$root/bin/$tool"
  done
  mkdir -p "$root/usr"
  ln -sfn ../bin "$root/usr/bin"
  tar -C "$root" -c . | curl -sf --unix-socket "$here/docker.sock" -H 'content-type: application/x-tar' --data-binary @- \
    'http://docker/v1.41/images/create?fromSrc=-&repo=evenkeel-test&tag=1'
  echo "export EVENKEEL_TEST_DOCKER=unix://$here/docker.sock EVENKEEL_TEST_DOCKER_IMAGE=evenkeel-test:1"
}

setup_slurm() {
  install slurmrestd slurmctld slurmd slurmrestd slurm-client munge slurm-wlm-basic-plugins slurm-wlm-jwt-plugin
  mkdir -p "$here/state" "$here/spool" "$here/munge"
  host=$(hostname -s)
  dd if=/dev/urandom bs=32 count=1 of="$here/jwt.key" 2> /dev/null
  dd if=/dev/urandom bs=1024 count=1 of="$here/munge/key" 2> /dev/null
  chmod 600 "$here/jwt.key" "$here/munge/key"
  cat > "$here/slurm.conf" << END
ClusterName=evenkeel
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$here/munge/socket
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=$here/jwt.key
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SchedulerParameters=sched_interval=1,batch_sched_delay=0
StateSaveLocation=$here/state
SlurmdSpoolDir=$here/spool
SlurmctldPidFile=$here/slurmctld.number
SlurmdPidFile=$here/slurmd.number
SlurmctldPort=16817
SlurmdPort=16818
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  export SLURM_CONF=$here/slurm.conf
  daemon munged munged --foreground --force --key-file "$here/munge/key" --socket "$here/munge/socket" \
    --pid-file "$here/munge/number" --log-file "$here/munge/log" --seed-file "$here/munge/seed"
  until_true test -S "$here/munge/socket"
  daemon slurmctld slurmctld -D -f "$SLURM_CONF"
  daemon slurmd slurmd -D -f "$SLURM_CONF" -N "$host"
  # It must run neither as root nor as SlurmUser.
  chmod 755 "$here"
  daemon slurmrestd setpriv --reuid=nobody --regid=nogroup --clear-groups env SLURM_JWT=daemon SLURM_CONF="$SLURM_CONF" \
    slurmrestd -f "$SLURM_CONF" -s openapi/v0.0.38 -a rest_auth/jwt 127.0.0.1:16820
  until_true sinfo -h -t idle
  echo "export EVENKEEL_TEST_SLURM=http://127.0.0.1:16820 EVENKEEL_TEST_SLURM_KEY=$here/jwt.key EVENKEEL_TEST_SLURM_USER=root"
}

setup_ray() {
  mkdir -p "$here"
  [ -x "$here/venv/bin/ray" ] || { python3 -m venv "$here/venv" && "$here/venv/bin/pip" install -q 'ray[default]'; }
  daemon ray env RAY_USAGE_STATS_ENABLED=0 "$here/venv/bin/ray" start --head --block --num-cpus=8 --port=6391 \
    --dashboard-host=127.0.0.1 --dashboard-port=8299 --temp-dir="$here/tmp" --disable-usage-stats
  until_true curl -sf http://127.0.0.1:8299/api/version
  until_true curl -sf http://127.0.0.1:8299/api/jobs/
  echo "export EVENKEEL_TEST_RAY=http://127.0.0.1:8299"
}

stop() {
  for file in "$here"/*.pid; do
    [ -e "$file" ] || continue
    kill "$(cat "$file")" 2> /dev/null || true
    rm -f "$file"
  done
}

case ${1:-} in
  docker | slurm | ray)
    here=$base/$1
    mkdir -p "$here"
    "setup_$1"
    ;;
  stop)
    here=$base/${2:?which one}
    stop
    ;;
  *)
    sed -n '2,6s/^# //p' "$0" >&2
    exit 2
    ;;
esac
