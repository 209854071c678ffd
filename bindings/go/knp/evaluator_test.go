package knp

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"sigs.k8s.io/kube-network-policies/pkg/api"
)

// line is a cluster with probes, as suites have them.
type line struct {
	Case    string            `json:"case"`
	Step    int               `json:"step"`
	Objects []json.RawMessage `json:"objects"`
	Probes  []struct {
		From     end             `json:"from"`
		To       end             `json:"to"`
		Protocol corev1.Protocol `json:"protocol"`
		Port     json.RawMessage `json:"port"`
	} `json:"probes"`
}

type end struct {
	Pod string `json:"pod"`
	IP  string `json:"ip"`
}

func (l line) probes(c *cluster) []probe {
	var probes []probe
	address := func(e end) string {
		if pod := c.pods[e.Pod]; pod != nil {
			return pod.Status.PodIP
		}
		return e.IP
	}
	for _, p := range l.Probes {
		from, to := address(p.From), address(p.To)
		var number int
		var name string
		if json.Unmarshal(p.Port, &number) != nil && json.Unmarshal(p.Port, &name) == nil {
			number = c.port(to, p.Protocol, name)
		}
		// Ends of two families are no flow.
		if a, b := parsed(from), parsed(to); a.IsValid() && b.IsValid() && a.Is4() == b.Is4() {
			probes = append(probes, probe{from, to, p.Protocol, number})
		}
	}
	return probes
}

// port is what the pod with an address calls so.
func (c *cluster) port(address string, protocol corev1.Protocol, name string) int {
	for _, pod := range c.pods {
		has := slices.ContainsFunc(pod.Status.PodIPs, func(ip corev1.PodIP) bool { return ip.IP == address })
		for _, container := range pod.Spec.Containers {
			for _, port := range container.Ports {
				if has && port.Name == name && port.Protocol == protocol {
					return int(port.ContainerPort)
				}
			}
		}
	}
	return 0
}

func parsed(address string) netip.Addr {
	ip, _ := netip.ParseAddr(address)
	return ip
}

// play leads both engines from cluster to cluster, and compares them on every probe of each, while goroutines have
// packets decided all the time.
func play(t *testing.T, next func() (title string, c *cluster, probes []probe, ok bool)) (clusters, asked, allowed int) {
	s := newSides(t)
	var current atomic.Pointer[[]probe]
	current.Store(&[]probe{{"10.0.0.1", "10.0.0.2", corev1.ProtocolTCP, 80}})
	var stop atomic.Bool
	var busy sync.WaitGroup
	var meanwhile atomic.Int64
	for worker := range 2 {
		busy.Go(func() {
			for at := worker; !stop.Load(); at++ {
				probes := *current.Load()
				if _, err := s.ours.EvaluatePacket(context.Background(), probes[at%len(probes)].packet()); err != nil {
					t.Error(err)
					return
				}
				_, _, _ = s.evaluator.ManagedIPs(context.Background())
				meanwhile.Add(1)
			}
		})
	}
	for {
		title, c, probes, ok := next()
		if !ok {
			break
		}
		s.become(c)
		if len(probes) > 0 {
			current.Store(&probes)
		}
		different, open := s.differences(probes)
		clusters, asked, allowed = clusters+1, asked+len(probes), allowed+open
		if len(different) > 0 {
			t.Errorf("%s: %d of %d probes differ, one is %s", title, len(different), len(probes), different[0])
		}
		s.wait(func() bool { return len(s.managedDifferently()) == 0 })
	}
	stop.Store(true)
	busy.Wait()
	t.Logf("%d clusters, %d probes, %d allowed, %d packets meanwhile", clusters, asked, allowed, meanwhile.Load())
	return clusters, asked, allowed
}

// managedDifferently are the addresses that one of the evaluators manages and the other does not.
func (s *sides) managedDifferently() []netip.Addr {
	ours, divert, err := s.evaluator.ManagedIPs(context.Background())
	if err != nil || divert {
		s.t.Fatalf("managed addresses: all %v, %v", divert, err)
	}
	theirs, _, err := s.standard.ManagedIPs(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	var different []netip.Addr
	for _, ip := range append(slices.Clone(ours), theirs...) {
		if slices.Contains(ours, ip) != slices.Contains(theirs, ip) {
			different = append(different, ip)
		}
	}
	return different
}

// suite plays the clusters of a file of the conformance data, where that is there.
func suite(t *testing.T, name string, most int) {
	folder := os.Getenv("PORTCULLIS_CONFORMANCE")
	if folder == "" {
		t.Skip("the conformance data is not here: set PORTCULLIS_CONFORMANCE to its folder")
	}
	file, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Skipf("the conformance data is not here: %v", err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unpacked)
	lines.Buffer(nil, 64<<20)
	clusters, asked, allowed := play(t, func() (string, *cluster, []probe, bool) {
		if most == 0 || !lines.Scan() {
			return "", nil, nil, false
		}
		most--
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		c, err := parse(l.Objects)
		if err != nil {
			t.Fatalf("%s: %v", l.Case, err)
		}
		return fmt.Sprintf("%s, step %d", l.Case, l.Step), c, l.probes(c), true
	})
	if clusters == 0 || allowed == 0 || allowed == asked {
		t.Errorf("%d clusters, %d of %d probes allowed", clusters, allowed, asked)
	}
}

func TestEveryClusterOfThePluginsIsDecidedAsByTheirOwnEvaluator(t *testing.T) {
	suite(t, "plugins.jsonl.gz", -1)
}

func TestEveryClusterOfCyclonusIsDecidedAsByTheirOwnEvaluator(t *testing.T) {
	suite(t, "cyclonus.jsonl.gz", -1)
}

// Clusters at random, from a few names, labels, addresses and ports, so that they meet in many ways.
func TestRandomClustersAreDecidedAsByTheirOwnEvaluator(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	left := 60
	_, asked, allowed := play(t, func() (string, *cluster, []probe, bool) {
		left--
		c := randomCluster(r)
		return fmt.Sprintf("seed %d, %d left", seed, left), c, randomProbes(r, c), left >= 0
	})
	if allowed == 0 || allowed == asked {
		t.Errorf("%d of %d probes allowed", allowed, asked)
	}
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomLabels(r *rand.Rand) map[string]string {
	found := map[string]string{}
	for _, key := range []string{"app", "tier"} {
		if r.IntN(4) > 0 {
			found[key] = pick(r, "web", "db", "")
		}
	}
	return found
}

func randomSelector(r *rand.Rand) *metav1.LabelSelector {
	selector := &metav1.LabelSelector{}
	if r.IntN(3) > 0 {
		selector.MatchLabels = map[string]string{pick(r, "app", "tier"): pick(r, "web", "db")}
	}
	if r.IntN(3) == 0 {
		operator := pick(r, metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn,
			metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)
		requirement := metav1.LabelSelectorRequirement{Key: pick(r, "app", "tier"), Operator: operator}
		if operator == metav1.LabelSelectorOpIn || operator == metav1.LabelSelectorOpNotIn {
			requirement.Values = []string{pick(r, "web", "db", "")}
		}
		selector.MatchExpressions = append(selector.MatchExpressions, requirement)
	}
	return selector
}

func randomPeers(r *rand.Rand) (peers []networkingv1.NetworkPolicyPeer) {
	for range r.IntN(3) {
		var peer networkingv1.NetworkPolicyPeer
		switch r.IntN(4) {
		case 0:
			peer.IPBlock = &networkingv1.IPBlock{CIDR: pick(r, "0.0.0.0/0", "10.0.0.0/16", "192.0.2.0/24")}
			if r.IntN(2) == 0 && peer.IPBlock.CIDR != "192.0.2.0/24" {
				peer.IPBlock.Except = []string{pick(r, "10.0.1.0/24", "10.0.0.0/25")}
			}
		case 1:
			peer.PodSelector = randomSelector(r)
		case 2:
			peer.NamespaceSelector = randomSelector(r)
		default:
			peer.PodSelector, peer.NamespaceSelector = randomSelector(r), randomSelector(r)
		}
		peers = append(peers, peer)
	}
	return peers
}

func randomPorts(r *rand.Rand) (ports []networkingv1.NetworkPolicyPort) {
	for range r.IntN(3) {
		protocol := pick(r, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)
		port := networkingv1.NetworkPolicyPort{Protocol: &protocol}
		switch r.IntN(4) {
		case 0:
			named := intstr.FromString("http")
			port.Port = &named
		case 1:
			first, last := intstr.FromInt32(79), int32(81)
			port.Port, port.EndPort = &first, &last
		case 2:
			number := pick(r, intstr.FromInt32(80), intstr.FromInt32(443))
			port.Port = &number
		}
		ports = append(ports, port)
	}
	return ports
}

func randomCluster(r *rand.Rand) *cluster {
	c := newCluster()
	for i := range 3 {
		name := fmt.Sprintf("n%d", i)
		labels := randomLabels(r)
		labels["kubernetes.io/metadata.name"] = name
		c.namespaces[name] = &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		for j := range 4 {
			if r.IntN(5) == 0 {
				continue
			}
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: fmt.Sprintf("p%d", j), Labels: randomLabels(r)},
				Spec:       corev1.PodSpec{NodeName: pick(r, node, "node-2")},
			}
			ports := []corev1.ContainerPort{{ContainerPort: pick[int32](r, 80, 8080), Name: "http", Protocol: pick(r, corev1.ProtocolTCP, corev1.ProtocolUDP)}}
			pod.Spec.Containers = []corev1.Container{{Name: "c", Image: "i", Ports: ports}}
			ip := fmt.Sprintf("10.0.%d.%d", i, j+1+pick(r, 0, 0, 0, 130))
			pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}}
			c.pods[name+"/"+pod.Name] = pod
		}
		for j := range r.IntN(4) {
			policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: fmt.Sprintf("l%d", j)}}
			policy.Spec.PodSelector = *randomSelector(r)
			if r.IntN(3) > 0 {
				policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
				for range r.IntN(3) {
					policy.Spec.Ingress = append(policy.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: randomPeers(r), Ports: randomPorts(r)})
				}
			}
			if r.IntN(3) == 0 || len(policy.Spec.PolicyTypes) == 0 {
				policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
				for range r.IntN(3) {
					policy.Spec.Egress = append(policy.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: randomPeers(r), Ports: randomPorts(r)})
				}
			}
			c.policies[name+"/"+policy.Name] = policy
		}
	}
	return c
}

func randomProbes(r *rand.Rand, c *cluster) (probes []probe) {
	addresses := []string{"192.0.2.1", "10.0.0.200"}
	for _, pod := range c.pods {
		addresses = append(addresses, pod.Status.PodIP)
	}
	slices.Sort(addresses)
	for range 150 {
		// No protocol stands for those that policies do not know.
		protocol := pick(r, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP, "")
		port := 0
		if protocol != "" {
			port = pick(r, 79, 80, 81, 443, 8080)
		}
		probes = append(probes, probe{pick(r, addresses...), pick(r, addresses...), protocol, port})
	}
	return probes
}

func TestNothingPassesBeforeAnythingIsLoaded(t *testing.T) {
	s := newSides(t)
	s.evaluator.loaded.Store(false)
	if _, divert, err := s.evaluator.ManagedIPs(context.Background()); !divert || err != nil || s.evaluator.Ready() {
		t.Errorf("all traffic is asked for: %v, %v", divert, err)
	}
	// A pod that the caller knows and the engine does not.
	packet, pod := probe{"10.9.9.9", "10.9.9.8", corev1.ProtocolTCP, 80}.packet(), &api.PodInfo{Name: "new"}
	ctx := context.Background()
	if verdict, err := s.evaluator.EvaluateEgress(ctx, packet, pod, nil); verdict != api.VerdictDeny || err != nil {
		t.Errorf("egress of a pod that is not known yet: %v, %v", verdict, err)
	}
	if verdict, err := s.evaluator.EvaluateIngress(ctx, packet, nil, pod); verdict != api.VerdictDeny || err != nil {
		t.Errorf("ingress of a pod that is not known yet: %v, %v", verdict, err)
	}
	if verdict, err := s.evaluator.EvaluateIngress(ctx, packet, pod, nil); verdict != api.VerdictNext || err != nil {
		t.Errorf("ingress of what is no pod: %v, %v", verdict, err)
	}
}

func TestAPolicyThatIsRefusedIsolatesWhatItSelects(t *testing.T) {
	s := newSides(t)
	var synced atomic.Int64
	s.ours.SetDataplaneSyncCallbacks(func() { synced.Add(1) })
	c := randomCluster(rand.New(rand.NewPCG(1, 1)))
	c.policies = map[string]*networkingv1.NetworkPolicy{}
	s.become(c)
	var ips []string
	for _, pod := range c.pods {
		if pod.Namespace == "n0" {
			ips = append(ips, pod.Status.PodIP)
		}
	}
	in := probe{"192.0.2.1", ips[0], corev1.ProtocolTCP, 80}
	if open, err := s.ours.EvaluatePacket(context.Background(), in.packet()); !open || err != nil {
		t.Fatalf("without policies: %v, %v", open, err)
	}
	broken := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "n0", Name: "broken"}}
	broken.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	broken.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
		IPBlock: &networkingv1.IPBlock{CIDR: "everything"},
	}}}}
	before := synced.Load()
	for _, selector := range []metav1.LabelSelector{
		{},
		{MatchLabels: map[string]string{"not a key": "x"}},
	} {
		broken = broken.DeepCopy()
		broken.Spec.PodSelector = selector
		next := newCluster()
		next.namespaces, next.pods = c.namespaces, c.pods
		next.policies["n0/broken"] = broken
		s.become(next)
		s.wait(func() bool {
			open, err := s.ours.EvaluatePacket(context.Background(), in.packet())
			return !open && err == nil
		})
	}
	if synced.Load() == before {
		t.Error("the dataplane was not told")
	}
	s.become(c)
	s.wait(func() bool {
		open, err := s.ours.EvaluatePacket(context.Background(), in.packet())
		return open && err == nil
	})
}
