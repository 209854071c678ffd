package portcullis

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
)

// Connections is who can reach whom, over all flows.
type Connections struct {
	// Workloads has all of them, as "namespace/kind/name"; pods of one that differ are "…#1", "…#2".
	Workloads []string `json:"workloads"`
	// Connections do not overlap. A workload with itself and the outside with the outside are never meant.
	Connections []Connection `json:"connections"`
}

// Connection is from each of one group to each of another, on some ports.
type Connection struct {
	// From has the sources.
	From Group `json:"from"`
	// To has the destinations.
	To Group `json:"to"`
	// Ports has ranges by protocol, each with its first and its last port: {"TCP": [[5432, 5432]]}.
	Ports map[string][][2]uint16 `json:"ports"`
}

// Group is one side of a connection: workloads, or addresses that are no pod's and no node's.
type Group struct {
	// Workloads are named as in [Connections.Workloads].
	Workloads []string `json:"workloads,omitempty"`
	// CIDRs are the fewest that hold the addresses; those of pods and nodes are not cut out of them.
	CIDRs []netip.Prefix `json:"cidrs,omitempty"`
}

// Difference is how connections would change.
type Difference struct {
	// Report says what was found in the manifests.
	Report Report `json:"report"`
	// Added are connections that only the new objects allow.
	Added []Connection `json:"added"`
	// Removed are connections that only the present ones allow.
	Removed []Connection `json:"removed"`
}

// List says who can reach whom. It compares all ends and ports: the context bounds how long that may take, and after it
// has run out the guest is lost, as after a failed [Engine.Load].
func (e *Engine) List(ctx context.Context) (Connections, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var connections Connections
	err := e.askFor(ctx, "list", struct{}{}, &connections)
	return connections, err
}

// Diff says what [Engine.Load] of these sources would change; nothing is. As with List the context bounds it. A
// [ManifestError] says that the manifests are wrong.
func (e *Engine) Diff(ctx context.Context, sources []Source) (Difference, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var difference Difference
	err := e.askFor(ctx, "diff", e.whole(sources), &difference)
	if err == nil && !difference.Report.Valid {
		err = &ManifestError{Report: difference.Report}
	}
	return difference, err
}

// askFor passes a request as JSON and reads the answer.
func (e *Engine) askFor(ctx context.Context, function string, request, answer any) error {
	text, err := e.ask(ctx, function, request)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return e.lost(fmt.Errorf("%w: its answer is not what was asked for: %w", ErrGuest, err))
	}
	return nil
}
