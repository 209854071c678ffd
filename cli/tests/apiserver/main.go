// A Kubernetes API server with its store in one process, on loopback only: what live tests talk to.
package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

// Starts the store in a folder and gives its address.
func store(folder string) (string, error) {
	loopback := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	config := embed.NewConfig()
	config.Dir = filepath.Join(folder, "etcd")
	config.LogLevel = "error"
	config.ListenClientUrls = []url.URL{loopback}
	config.AdvertiseClientUrls = []url.URL{loopback}
	config.ListenPeerUrls = []url.URL{loopback}
	config.AdvertisePeerUrls = []url.URL{loopback}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	// A test wants answers, not durability.
	config.UnsafeNoFsync = true
	running, err := embed.StartEtcd(config)
	if err != nil {
		return "", err
	}
	select {
	case <-running.Server.ReadyNotify():
		return "http://" + running.Clients[0].Addr().String(), nil
	case err := <-running.Err():
		return "", err
	case <-time.After(time.Minute):
		return "", fmt.Errorf("the store is not ready after a minute")
	}
}

// The first argument is a folder that is the server's own; the others are flags of kube-apiserver.
func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: apiserver FOLDER [FLAG OF KUBE-APISERVER]...")
		os.Exit(2)
	}
	address, err := store(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "the store cannot be started:", err)
		os.Exit(1)
	}
	command := app.NewAPIServerCommand()
	command.SetArgs(append([]string{"--etcd-servers=" + address}, os.Args[2:]...))
	os.Exit(cli.Run(command))
}
