// Package portcullis decides Kubernetes network policy inside a Go process, without cgo: the engine is a WebAssembly
// guest that runs under wazero.
//
// Two types decide, both safe for any number of goroutines:
//
//   - [Engine] knows a cluster from its manifests: [Engine.Load] and [Engine.Apply] take what a Kubernetes client has,
//     [Engine.Explain] says which policy and rule decided. For controllers and for agents that watch the API server.
//   - [Decider] knows a cluster as a compiled image, which came from elsewhere; [Decider.ApplyDelta] keeps it up to
//     date. For agents that get images from a controller.
//
// # How to have it
//
// The guests are embedded in the package, so that it is all there is to build. As long as no release is tagged, a program
// takes it from a copy of the repository, and so does one that uses knp:
//
//	go mod edit -require portcullis.dev/go@v0.0.0 -replace portcullis.dev/go=PATH/bindings/go
//	go mod tidy
//
// The example of the package is a whole agent.
//
// # What it promises
//
// It never fails open: whatever goes wrong, a [Decision] reads "denied", which is also what its zero value says. A guest
// that traps is thrown away and replaced, the packets are asked once more, then one by one, so that only the packet that
// breaks a guest is denied. Updates are seen whole: all packets of a call are decided by one image or the next.
//
// # Cost
//
// Each goroutine that decides uses an instance of its own from a pool. A [Worker] holds on to one, for loops that decide
// packet after packet. Batches are cheaper: from 64 packets up the way into the guest costs next to nothing. A batch is
// cut into calls of at most [MaxBatch] packets, because Go's scheduler cannot interrupt a guest.
//
// The package knp makes an evaluator of kube-network-policies from an [Engine].
package portcullis
