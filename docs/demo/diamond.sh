#!/bin/sh
# Four Open vSwitch bridges and four hosts in network namespaces, in userspace, without touching anything else.
#
#            +-- s2 --+
#   h1,h3 - s1        s4 - h2,h4          h1 is 10.0.0.1 (02:00:00:00:00:01) and so on
#            +-- s3 --+
#
#   diamond.sh up | down | restart | shape RATE PACKETS | on HOST COMMAND...
#
# P is the prefix of the namespaces (default dia), R the run folder (default /tmp/diamond). The bridges' own OpenFlow
# sockets are R/s1.mgmt to R/s4.mgmt. Needs root and openvswitch-switch, iproute2, ethtool.
set -e
P=${P:-dia} R=${R:-/tmp/diamond} N=${P}ovs
export OVS_RUNDIR=$R OVS_LOGDIR=$R OVS_DBDIR=$R OVS_SYSCONFDIR=$R
V="ovs-vsctl --db=unix:$R/db.sock"
links="s1-s2:s2-s1 s1-s3:s3-s1 s2-s4:s4-s2 s3-s4:s4-s3"

start_switches() {
    ip netns exec $N ovs-vswitchd unix:$R/db.sock --pidfile=$R/vs.pid --log-file=$R/vs.log --unixctl=$R/vs.ctl \
        --detach --no-chdir -vconsole:off -vsyslog:off
}

case $1 in
up)
    mkdir -p $R
    ip netns add $N
    ip -n $N link set lo up
    ovsdb-tool create $R/conf.db /usr/share/openvswitch/vswitch.ovsschema
    ovsdb-server $R/conf.db --remote=punix:$R/db.sock --pidfile=$R/db.pid --log-file=$R/db.log --unixctl=$R/db.ctl \
        --detach --no-chdir -vconsole:off -vsyslog:off
    $V --no-wait init
    start_switches
    for i in 1 2 3 4; do
        $V -- add-br s$i -- set bridge s$i datapath_type=netdev fail_mode=secure protocols=OpenFlow13 \
            other-config:datapath-id=000000000000000$i other-config:disable-in-band=true
    done
    for i in 1 2 3 4; do
        h=${P}h$i
        ip netns add $h
        ip -n $h link set lo up
        ip link add ${P}v$i netns $h type veth peer name h$i netns $N
        ip -n $h link set ${P}v$i name eth0
        ip -n $h link set eth0 address 02:00:00:00:00:0$i
        ip -n $h addr add 10.0.0.$i/24 dev eth0
        # A userspace switch never completes partial checksums: the hosts must.
        ip netns exec $h ethtool -K eth0 tx off tso off gso off > /dev/null
        ip -n $h link set eth0 up
        ip -n $N link set h$i up
    done
    for pair in $links; do
        ip -n $N link add ${pair%:*} type veth peer name ${pair#*:}
        ip -n $N link set ${pair%:*} up
        ip -n $N link set ${pair#*:} up
    done
    add() { $V -- add-port $1 $2 -- set interface $2 ofport_request=$3; }
    add s1 h1 1; add s1 s1-s2 2; add s1 s1-s3 3; add s1 h3 4
    add s2 s2-s1 1; add s2 s2-s4 2
    add s3 s3-s1 1; add s3 s3-s4 2
    add s4 h2 1; add s4 s4-s2 2; add s4 s4-s3 3; add s4 h4 4
    ;;
down)
    set +e
    [ -f $R/vs.pid ] && ovs-appctl -t $R/vs.ctl exit --cleanup
    [ -f $R/db.pid ] && ovs-appctl -t $R/db.ctl exit
    # What was started inside these namespaces, and nothing else.
    for n in ${P}h1 ${P}h2 ${P}h3 ${P}h4 $N; do
        for k in $(ip netns pids $n 2> /dev/null); do kill -9 $k; done
        ip netns del $n 2> /dev/null
    done
    rm -rf $R
    exit 0
    ;;
restart)
    # At once, as in a crash: ports are kept, tables are not.
    kill -9 $(cat $R/vs.pid)
    while kill -0 $(cat $R/vs.pid) 2> /dev/null; do :; done
    start_switches
    ;;
shape)
    # Every link between switches sends at most RATE, from a queue of at most PACKETS.
    for pair in $links; do
        for d in ${pair%:*} ${pair#*:}; do
            ip netns exec $N tc qdisc del dev $d root 2> /dev/null || true
            ip netns exec $N tc qdisc add dev $d root handle 1: htb default 1
            ip netns exec $N tc class add dev $d parent 1: classid 1:1 htb rate $2 burst 4k cburst 4k
            ip netns exec $N tc qdisc add dev $d parent 1:1 handle 10: pfifo limit $3
        done
    done
    ;;
on)
    h=$2
    shift 2
    exec ip netns exec ${P}$h "$@"
    ;;
*)
    sed -n '2,12s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
