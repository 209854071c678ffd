package portcullis

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func workload(name string) Group { return Group{Workloads: []string{"shop/pod/" + name}} }

func onPort(port uint16) Connection {
	return Connection{workload("web"), workload("db"), map[string][][2]uint16{"TCP": {{port, port}}}}
}

func TestConnectionsAreListedAndCompared(t *testing.T) {
	ctx, e := context.Background(), newEngine(t, EngineConfig{})
	if _, err := e.List(ctx); !errors.Is(err, ErrNoImage) {
		t.Errorf("before anything is loaded: %v", err)
	}
	if _, err := e.Load(ctx, shop()); err != nil {
		t.Fatal(err)
	}
	listed, err := e.List(ctx)
	if err != nil || !slices.Equal(listed.Workloads, []string{"shop/pod/db", "shop/pod/web"}) {
		t.Fatalf("%+v, %v", listed, err)
	}
	is := func(wanted Connection) func(Connection) bool {
		return func(found Connection) bool { return reflect.DeepEqual(found, wanted) }
	}
	if !slices.ContainsFunc(listed.Connections, is(onPort(5432))) {
		t.Errorf("what is allowed is missing: %+v", listed)
	}
	everywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	outside := func(found Connection) bool { return slices.Equal(found.From.CIDRs, everywhere) }
	if !slices.ContainsFunc(listed.Connections, outside) {
		t.Errorf("nothing comes from outside: %+v", listed)
	}

	other := shop()
	other[2].Text = strings.ReplaceAll(dbPolicy, "5432", "5433")
	changed, err := e.Diff(ctx, other)
	if err != nil || !changed.Report.Valid || !reflect.DeepEqual(changed.Added, []Connection{onPort(5433)}) ||
		!reflect.DeepEqual(changed.Removed, []Connection{onPort(5432)}) {
		t.Errorf("%+v, %v", changed, err)
	}
	if !e.Decide(toDB(5432)).Allowed() || e.Decide(toDB(5433)).Allowed() {
		t.Error("a comparison has changed what is decided")
	}
	var refused *ManifestError
	if _, err := e.Diff(ctx, []Source{{"broken.yaml", "kind: ["}}); !errors.As(err, &refused) {
		t.Errorf("broken manifests: %v", err)
	}
	if again, err := e.List(ctx); err != nil || !reflect.DeepEqual(again, listed) {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestAListThatTakesTooLongLosesTheGuest(t *testing.T) {
	ctx, e := context.Background(), newEngine(t, EngineConfig{})
	if _, err := e.Load(ctx, shop()); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, time.Nanosecond)
	defer cancel()
	if _, err := e.List(short); !errors.Is(err, ErrLost) {
		t.Errorf("out of time gives %v", err)
	}
	if _, err := e.Diff(ctx, shop()); !errors.Is(err, ErrLost) {
		t.Errorf("after a lost guest: %v", err)
	}
	if !e.Decide(toDB(5432)).Allowed() {
		t.Error("decisions do not go on")
	}
	if _, err := e.Load(ctx, shop()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.List(ctx); err != nil {
		t.Errorf("loaded again: %v", err)
	}
}
