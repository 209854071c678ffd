// Command oracle answers flows with kube-network-policies' own evaluator, so that people who never saw Portcullis have
// a say in what is right.
//
// It reads lines of JSON, each a cluster with flows, and writes a line for each: the verdicts of the egress sides, a
// space, the verdicts of the ingress sides; 1 is allowed, 0 is denied. A line that asks for rounds is decided that often
// again, and gets another space and the nanoseconds that a flow took: finding both ends, and both sides.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	"sigs.k8s.io/kube-network-policies/pkg/podinfo"
)

type question struct {
	Objects []json.RawMessage `json:"objects"`
	Flows   []flow            `json:"flows"`
	Rounds  int               `json:"rounds"`
}

// flow has no protocol where the protocol is none that policies know, as in the packets that the project parses.
type flow struct {
	From     string          `json:"from"`
	To       string          `json:"to"`
	Protocol corev1.Protocol `json:"protocol"`
	Port     int             `json:"port"`
}

// oracle is the evaluator over informers that are filled by hand and never started.
type oracle struct {
	evaluator  *networkpolicy.StandardNetworkPolicy
	pods       *podinfo.InformerProvider
	podStore   cache.Store
	spaceStore cache.Store
	rulesStore cache.Store
}

func newOracle() (*oracle, error) {
	// Without a client: informers that are never started ask none.
	factory := informers.NewSharedInformerFactory(nil, 0)
	pods := factory.Core().V1().Pods()
	spaces := factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()
	resolver, err := podinfo.NewInformerResolver(pods.Informer())
	if err != nil {
		return nil, err
	}
	return &oracle{
		evaluator:  networkpolicy.NewStandardNetworkPolicy("", spaces, pods, policies),
		pods:       podinfo.NewInformerProvider(pods, spaces, nil, []podinfo.IPResolver{resolver}),
		podStore:   pods.Informer().GetStore(),
		spaceStore: spaces.Informer().GetStore(),
		rulesStore: policies.Informer().GetStore(),
	}, nil
}

func (o *oracle) load(objects []json.RawMessage) error {
	var pods, spaces, policies []any
	for _, raw := range objects {
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(raw, &kind); err != nil {
			return err
		}
		var object any
		switch kind.Kind {
		case "Namespace":
			object = &corev1.Namespace{}
			spaces = append(spaces, object)
		case "Pod":
			object = &corev1.Pod{}
			pods = append(pods, object)
		case "NetworkPolicy":
			object = &networkingv1.NetworkPolicy{}
			policies = append(policies, object)
		case "Node":
			// The evaluator of NetworkPolicy never looks at nodes.
			continue
		default:
			return fmt.Errorf("kind %q is none that the oracle reads", kind.Kind)
		}
		if err := json.Unmarshal(raw, object); err != nil {
			return err
		}
	}
	if err := o.podStore.Replace(pods, ""); err != nil {
		return err
	}
	if err := o.spaceStore.Replace(spaces, ""); err != nil {
		return err
	}
	return o.rulesStore.Replace(policies, "")
}

func packetOf(f flow) (*network.Packet, error) {
	packet := &network.Packet{
		SrcIP:   net.ParseIP(f.From),
		DstIP:   net.ParseIP(f.To),
		Proto:   f.Protocol,
		DstPort: f.Port,
	}
	if packet.SrcIP == nil || packet.DstIP == nil {
		return nil, fmt.Errorf("%q or %q is no address", f.From, f.To)
	}
	return packet, nil
}

func (o *oracle) decide(packet *network.Packet) (egress, ingress bool, err error) {
	source, _ := o.pods.GetPodInfoByIP(packet.SrcIP.String())
	destination, _ := o.pods.GetPodInfoByIP(packet.DstIP.String())
	ctx := context.Background()
	out, err := o.evaluator.EvaluateEgress(ctx, packet, source, destination)
	if err != nil {
		return false, false, err
	}
	in, err := o.evaluator.EvaluateIngress(ctx, packet, source, destination)
	if err != nil {
		return false, false, err
	}
	// With nothing after it in the pipeline, "next" ends in "accept".
	return out != api.VerdictDeny, in != api.VerdictDeny, nil
}

func (o *oracle) answer(line []byte) (string, error) {
	var asked question
	if err := json.Unmarshal(line, &asked); err != nil {
		return "", err
	}
	if err := o.load(asked.Objects); err != nil {
		return "", err
	}
	var egress, ingress strings.Builder
	packets := make([]*network.Packet, len(asked.Flows))
	for i, f := range asked.Flows {
		packet, err := packetOf(f)
		if err != nil {
			return "", err
		}
		packets[i] = packet
		out, in, err := o.decide(packet)
		if err != nil {
			return "", err
		}
		egress.WriteByte(digit(out))
		ingress.WriteByte(digit(in))
	}
	answer := egress.String() + " " + ingress.String()
	if asked.Rounds <= 0 || len(packets) == 0 {
		return answer, nil
	}
	started := time.Now()
	for round := 0; round < asked.Rounds; round++ {
		for _, packet := range packets {
			if _, _, err := o.decide(packet); err != nil {
				return "", err
			}
		}
	}
	each := float64(time.Since(started).Nanoseconds()) / float64(asked.Rounds*len(packets))
	return fmt.Sprintf("%s %.1f", answer, each), nil
}

func digit(allowed bool) byte {
	if allowed {
		return '1'
	}
	return '0'
}

func run() error {
	o, err := newOracle()
	if err != nil {
		return err
	}
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		text, err := o.answer(line)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, text); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}
