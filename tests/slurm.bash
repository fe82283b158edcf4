# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Slurm cluster on this host: munged, slurmctld and a slurmd for each of its nodes n1, n2 ..., as this user, with keys,
# sockets, ports and files of a directory, and no service of the system.  Needs packages of [test], and helpers.bash.

# A port that nobody listens on, and the nine after it.
slurm_free_ports() {
	local port at
	while :; do
		port=$((20000 + RANDOM % 20000))
		for ((at = port; at < port + 10; at++)); do
			if (: <"/dev/tcp/127.0.0.1/$at") 2>/dev/null; then continue 2; fi
		done
		echo "$port"
		return
	done
}

# Starts a cluster in the directory SLURM_DIR, whose path is short: that of a socket has at most 107 bytes.  Sets
# SLURM_CONF, by which Slurm's commands find it.
slurm_start() { # NODES
	local host port
	port=$(slurm_free_ports)
	host=$(hostname -s)
	export SLURM_CONF=$SLURM_DIR/slurm.conf SLURM_NODES=$1
	mkdir -p "$SLURM_DIR/state"
	chmod 755 "$SLURM_DIR"
	# While the daemons hold it, no verb takes the directory for what a killed test left.
	exec {slurm_lock}<"$SLURM_DIR"
	flock --shared "$slurm_lock"
	(umask 077 && head -c 1024 /dev/urandom >"$SLURM_DIR/munge.key")
	cat >"$SLURM_CONF" <<-END
		ClusterName=daxdm
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=$port
		SlurmUser=$(id -un)
		SlurmdUser=$(id -un)
		AuthType=auth/munge
		AuthInfo=socket=$SLURM_DIR/munge.socket,cred_expire=5
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SlurmdParameters=config_overrides
		SwitchType=switch/none
		MpiDefault=none
		JobAcctGatherType=jobacct_gather/none
		AccountingStorageType=accounting_storage/none
		JobCompType=jobcomp/none
		ReturnToService=2
		SlurmdTimeout=5
		SlurmctldTimeout=5
		MessageTimeout=5
		KillWait=20
		MaxArraySize=4
		SchedulerParameters=sched_interval=1,batch_sched_delay=0
		StateSaveLocation=$SLURM_DIR/state
		SlurmdSpoolDir=$SLURM_DIR/spool-%n
		SlurmctldPidFile=$SLURM_DIR/slurmctld.pid
		SlurmdPidFile=$SLURM_DIR/slurmd-%n.pid
		SlurmctldLogFile=$SLURM_DIR/slurmctld.log
		SlurmdLogFile=$SLURM_DIR/slurmd-%n.log
		NodeName=n[1-$1] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + $1))] CPUs=2 RealMemory=100000
		PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
	END
	slurm_daemon munged --foreground --force --num-threads 2 --key-file "$SLURM_DIR/munge.key" --socket "$SLURM_DIR/munge.socket" \
		--pid-file "$SLURM_DIR/munged.pid" --log-file "$SLURM_DIR/munged.log" --seed-file "$SLURM_DIR/munge.seed"
	within 10 test -S "$SLURM_DIR/munge.socket"
	slurm_mend
}

# Starts what does not run, and waits until all nodes can take jobs.
slurm_mend() {
	local n
	within 30 slurm_has_no_orphan
	slurm_runs slurmctld || slurm_daemon slurmctld -D -f "$SLURM_CONF"
	for ((n = 1; n <= SLURM_NODES; n++)); do
		slurm_runs "slurmd-n$n" || slurm_daemon slurmd -D -f "$SLURM_CONF" -N "n$n"
	done
	within 20 slurm_is_up
}

# A daemon is one more child of the shell of a test file: it ends with it, if it is not stopped before.
slurm_daemon() { # COMMAND...
	setsid setpriv --pdeathsig TERM "$@" </dev/null >>"$SLURM_DIR/daemons.out" 2>&1 3>&- 4>&- &
}

slurm_pid() { # slurmctld | slurmd-NODE | munged
	cat "$SLURM_DIR/$1.pid"
}

slurm_runs() { # DAEMON
	[[ -s $SLURM_DIR/$1.pid ]] && kill -0 "$(slurm_pid "$1")" 2>/dev/null
}

# One that a test started ends with the shell of that test, but not at once.
slurm_has_no_orphan() {
	local file pid
	for file in "$SLURM_DIR"/*.pid; do
		pid=$(cat "$file" 2>/dev/null) || continue # it has just ended
		if [[ $pid && $(ps -o ppid= -p "$pid") -eq 1 ]]; then return 1; fi
	done
}

slurm_is_up() {
	[[ $(sinfo -h -N -t idle,mixed,allocated -o %N 2>/dev/null | wc -l) == "$SLURM_NODES" ]]
}

# Ends all daemons, and what is left of their jobs.
slurm_stop() {
	local daemon pid
	exec {slurm_lock}<&-
	scancel --user="$(id -un)" 2>/dev/null || true
	for daemon in "$SLURM_DIR"/*.pid; do
		if read -r pid <"$daemon"; then kill -TERM "$pid" 2>/dev/null || true; fi
	done
	within 10 slurm_is_down || true
	for daemon in "$SLURM_DIR"/*.pid; do
		if read -r pid <"$daemon"; then kill -KILL "$pid" 2>/dev/null || true; fi
	done
	slurm_of_jobs "" | xargs -r kill -KILL 2>/dev/null || true
	rm -rf "$SLURM_DIR"
}

slurm_is_down() {
	local daemon
	for daemon in munged slurmctld; do
		if slurm_runs "$daemon"; then return 1; fi
	done
	for daemon in "$SLURM_DIR"/slurmd-*.pid; do
		daemon=${daemon##*/}
		if slurm_runs "${daemon%.pid}"; then return 1; fi
	done
}

# The pids of jobs of this cluster and of what watches them, of all nodes or of that one.
slurm_of_jobs() { # NODE | ""
	local file pid
	while read -r file; do
		pid=${file//[^0-9]/}
		if [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == "slurmstepd: "* ]]; then
			if [[ -z $1 || $(tr '\0' '\n' <"/proc/$pid/environ") == *"SLURMD_NODENAME=$1"* ]] ||
				pgrep -P "$pid" | xargs -I{} grep -qzxF "SLURMD_NODENAME=$1" "/proc/{}/environ"; then echo "$pid"; fi
		elif grep -qzxF "SLURMD_NODENAME=$1" "/proc/$pid/environ" || { [[ -z $1 ]] && grep -qz '^SLURM_JOB_ID=' "/proc/$pid/environ"; }; then
			echo "$pid"
		fi
	done 2>/dev/null < <(grep -lzxF "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ)
}
