package portcullis_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/netip"
	"os"
	"strconv"
	"strings"

	portcullis "portcullis.dev/go"
)

// agent takes orders, a line each, and says what it decides.
type agent struct {
	engine *portcullis.Engine
	out    io.Writer
}

// decide answers "decide SOURCE DESTINATION PROTOCOL PORT": what a dataplane does with each first packet.
func (a *agent) decide(words []string) error {
	source, err := netip.ParseAddr(words[0])
	if err != nil {
		return err
	}
	destination, err := netip.ParseAddr(words[1])
	if err != nil {
		return err
	}
	protocols := map[string]uint8{"TCP": portcullis.TCP, "UDP": portcullis.UDP, "SCTP": portcullis.SCTP}
	port, err := strconv.ParseUint(words[3], 10, 16)
	if err != nil {
		return err
	}
	// There is no error to look at: what was not decided reads "denied".
	decision := a.engine.Decide(portcullis.NewPacket(source, destination, protocols[words[2]], uint16(port)))
	fmt.Fprintf(a.out, "%v (egress %v, ingress %v)\n", decision.Verdict, decision.EgressReason, decision.IngressReason)
	return nil
}

// why answers "why POD POD PROTOCOL PORT": what people ask afterwards.
func (a *agent) why(ctx context.Context, words []string) error {
	port, err := strconv.Atoi(words[3])
	if err != nil {
		return err
	}
	explained, err := a.engine.Explain(ctx, portcullis.Question{
		From: portcullis.End{Pod: words[0]}, To: portcullis.End{Pod: words[1]}, Protocol: words[2], Port: port,
	})
	if err != nil {
		return err
	}
	var trace struct {
		Answers []struct {
			Ingress struct {
				Rule *struct{ Policy, Path, File string }
			}
		}
	}
	if err := json.Unmarshal(explained, &trace); err != nil {
		return err
	}
	for _, answer := range trace.Answers {
		if rule := answer.Ingress.Rule; rule != nil {
			fmt.Fprintf(a.out, "because of %s %s in %s\n", rule.Policy, rule.Path, rule.File)
		} else {
			fmt.Fprintln(a.out, "no rule lets it in")
		}
	}
	return nil
}

// order carries out one line.
func (a *agent) order(ctx context.Context, line string) error {
	words := strings.Fields(line)
	switch {
	case len(words) == 5 && words[0] == "decide":
		return a.decide(words[1:])
	case len(words) == 5 && words[0] == "why":
		return a.why(ctx, words[1:])
	case len(words) == 4 && words[0] == "remove":
		object := portcullis.Object{Kind: words[1], Namespace: words[2], Name: words[3]}
		_, err := a.engine.Apply(ctx, portcullis.Change{Remove: []portcullis.Object{object}})
		return err
	case len(words) == 2 && words[0] == "put":
		text, err := os.ReadFile(words[1])
		if err != nil {
			return err
		}
		source := portcullis.Source{Name: words[1], Text: string(text)}
		_, err = a.engine.Apply(ctx, portcullis.Change{Put: []portcullis.Source{source}})
		return err
	}
	return errors.New("not understood: " + line)
}

const manifests = `
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web, labels: {app: web}}, status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: db, labels: {app: db}}, status: {podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
`

// A complete agent: it loads a cluster, decides packets, explains, and follows changes.
func Example_agent() {
	ctx := context.Background()
	engine, err := portcullis.New(ctx, portcullis.EngineConfig{})
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close(ctx)
	if _, err := engine.Load(ctx, []portcullis.Source{{Name: "shop.yaml", Text: manifests}}); err != nil {
		log.Fatal(err)
	}
	a := agent{engine: engine, out: os.Stdout}
	orders := bufio.NewScanner(strings.NewReader(`decide 10.0.0.1 10.0.0.2 TCP 5432
why shop/web shop/db TCP 5432
decide 192.0.2.1 10.0.0.2 TCP 5432
why shop/web shop/db TCP 22
remove NetworkPolicy shop db
decide 192.0.2.1 10.0.0.2 TCP 5432
remove NetworkPolicy shop db`))
	for orders.Scan() {
		if err := a.order(ctx, orders.Text()); err != nil {
			fmt.Println("not done:", err)
		}
	}
	// Output:
	// allowed (egress no-policy, ingress rule)
	// because of shop/db spec.ingress[0] in shop.yaml
	// denied (egress not-a-pod, ingress isolated)
	// no rule lets it in
	// allowed (egress not-a-pod, ingress no-policy)
	// not done: portcullis: request names what is not there: there is no policy `shop/db` to remove
}
