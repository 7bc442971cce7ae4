// A small sound document of every format, for tests that damage them.

enum Samples {
    static let topology = """
        {
          "name": "triangle",
          "description": "Three switches.",
          "source": "Own design.",
          "switches": [
            {"id": "a", "dpid": "00:00:00:00:00:00:00:0a", "location": {"latitude": 50.5, "longitude": -3}},
            {"id": "b", "dpid": 11, "ruleCapacity": 2000},
            {"id": "c"}
          ],
          "hosts": [
            {"id": "h", "mac": "02:00:00:00:00:01", "ipv4": "10.0.0.1", "ipv6": "2001:db8::1",
             "attachment": {"switch": "a", "port": 9, "capacity": "1Gbps", "latency": "1us"}}
          ],
          "links": [
            {"id": "ab", "a": {"switch": "a", "port": 1}, "b": {"switch": "b"}, "capacity": "10 Gbit/s",
             "reservable": 0.8, "latency": "1.5ms", "affinity": ["gold"], "sharedRisk": ["duct"]},
            {"id": "bc", "a": {"switch": "b"}, "b": {"switch": "c"}, "capacity": 1000000, "reservable": 900000},
            {"id": "ca", "a": {"switch": "c"}, "b": {"switch": "a"}, "capacity": 1e9, "directed": true}
          ]
        }
        """
    static let demands = """
        {"demands": [
          {"id": "x", "source": "h", "destination": "b", "bandwidth": "1.5Mbps", "class": "voice", "maxLatency": "5ms"},
          {"source": "a", "destination": "c", "bandwidth": 1000, "priority": 7,
           "constraints": {"maxHops": 3, "avoid": ["ca"], "via": ["b", "bc>"],
                           "affinity": {"includeAny": ["gold"], "exclude": []}}}
        ]}
        """
    static let instance = """
        {"name":"small","nodes":["n0","n1","n2"],
         "links":[{"id":"l0","from":"n0","to":"n1","capacity":10,"delay":5},
                  {"id":"l1","from":"n1","to":"n2","capacity":20,"delay":7}],
         "flows":[{"id":"f0","source":"n0","destination":"n2","bandwidth":4,"priority":3,"maxDelay":12},
                  {"id":"f1","source":"n1","destination":"n2","bandwidth":1,"priority":1}]}
        """
    static let nodeLink = """
        {"directed": false, "multigraph": false,
         "graph": {"name": "small", "demands": {"0": {"1": 2.5}, "1": {"0": 0.0000001, "h": 1}}},
         "nodes": [{"id": 0, "pos": [2.35, 48.85]}, {"id": 1, "pos": [4.9, 52.37]}, {"id": "h", "type": "host"}],
         "edges": [{"source": 0, "target": 1, "dist": 100.1}, {"source": 1, "target": "h", "capacity_mbps": 100.5}]}
        """
    static let graphML = """
        <?xml version="1.0" encoding="utf-8"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">
          <key attr.name="LinkSpeedRaw" attr.type="double" for="edge" id="d7" />
          <key attr.name="Latitude" attr.type="double" for="node" id="d1" />
          <key attr.name="Longitude" attr.type="double" for="node" id="d0" />
          <key attr.name="Network" attr.type="string" for="graph" id="d3" />
          <graph edgedefault="undirected">
            <data key="d3">Small &amp; old</data>
            <node id="0"><data key="d1">48.85</data><data key="d0">2.35</data></node>
            <node id="1"><data key="d1">52.37</data><data key="d0">4.9</data></node>
            <node id="2"></node>
            <edge source="0" target="1"><data key="d7">1000000000.0</data></edge>
            <edge source="0" target="1"></edge>
            <edge source="1" target="2"></edge>
            <edge source="2" target="2"></edge>
          </graph>
        </graphml>
        """
    static let sndlibNative = """
        ?SNDlib native format; type: network; version: 1.0
        # a comment
        META (
          unit = GBITPERSEC
        )
        NODES (
          A ( 2.35 48.85 )
          B ( 4.90 52.37 )
        )
        LINKS (
          L1 ( A B ) 0.00 0.00 0.00 0.00 ( 10.00 1.00 40.00 2.00 )
          L2 ( A B ) 2.50 0.00 0.00 0.00 ( 40.00 1.00 )
        )
        DEMANDS (
          D1 ( A B ) 1 0.0000000015 3
          D2 ( B A ) 1 1.00 UNLIMITED
        )
        ADMISSIBLE_PATHS (
          D1 (
            P_0 ( L1 )
          )
        )
        """
    static let sndlibXML = """
        <?xml version="1.0" encoding="ISO-8859-1"?>
        <network xmlns="http://sndlib.zib.de/network" version="1.0">
         <networkStructure>
          <nodes coordinatesType="pixel">
           <node id="A"><coordinates><x>283.0</x><y>248.0</y></coordinates></node>
           <node id="B"></node>
          </nodes>
          <links>
           <link id="L1"><source>A</source><target>B</target>
            <preInstalledModule><capacity>0.0</capacity><cost>0</cost></preInstalledModule>
            <additionalModules><addModule><capacity>155.0</capacity></addModule>
             <addModule><capacity>622.0</capacity></addModule></additionalModules></link>
          </links>
         </networkStructure>
         <demands>
          <demand id="D1"><source>A</source><target>B</target><demandValue>195.0</demandValue></demand>
         </demands>
        </network>
        """
    static let repetitaGraph = """
        NODES 2
        label x y
        a 2.35 48.85
        b 0.0 0.0

        EDGES 2
        label src dest weight bw delay
        e_0 0 1 1 1000 5
        e_1 1 0 1 2000.5 5
        """
    static let repetitaDemands = """
        DEMANDS 2
        label src dest bw
        d_0 0 1 12
        d_1 1 0 0
        """
    static let networks = [
        topology, instance, nodeLink, graphML, sndlibNative, sndlibXML, repetitaGraph,
    ]
    static let all = networks + [demands, repetitaDemands]
}
