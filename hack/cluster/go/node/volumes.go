package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const (
	provisionerName = "llm-schema-registry.io/folder"
	// The scheduler writes the first once it has picked a node; the second says who made a volume.
	selectedNode  = "volume.kubernetes.io/selected-node"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
	provisioner   = "volume.kubernetes.io/storage-provisioner"
	// Of a class: its volumes are as large as their claims, in memory. A folder has the whole disk.
	sized = "sized"
)

// volumes makes a folder of the node for each claim whose class names this provisioner.
// local-path-provisioner does the same with a helper pod, whose image cannot be had everywhere.
func volumes(args []string) error {
	flags := flag.NewFlagSet("volumes", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	root := flags.String("root", "", "the folder that holds the volumes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	shared := informers.NewSharedInformerFactory(client, 30*time.Second)
	claims, existing := shared.Core().V1().PersistentVolumeClaims(), shared.Core().V1().PersistentVolumes()
	f := folders{*root, client, claims.Lister(), existing.Lister()}

	changed := make(chan struct{}, 1)
	notice := func() {
		select {
		case changed <- struct{}{}:
		default: // A look at everything is due already.
		}
	}
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { notice() },
		UpdateFunc: func(any, any) { notice() },
		DeleteFunc: func(any) { notice() },
	}
	claims.Informer().AddEventHandler(handler)
	existing.Informer().AddEventHandler(handler)
	shared.Start(nil)
	shared.WaitForCacheSync(nil)
	for range changed {
		if err := f.sync(context.Background()); err != nil {
			klog.ErrorS(err, "Volumes not as claimed; tried again at the next change or in 30 s")
		}
	}
	return nil
}

type folders struct {
	root    string
	client  kubernetes.Interface
	claims  listers.PersistentVolumeClaimLister
	volumes listers.PersistentVolumeLister
}

func (f folders) sync(ctx context.Context) error {
	claims, err := f.claims.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, claim := range claims {
		waits := claim.Spec.VolumeName == "" && claim.DeletionTimestamp == nil &&
			claim.Annotations[provisioner] == provisionerName && claim.Annotations[selectedNode] != ""
		if waits {
			if err := f.make(ctx, claim); err != nil {
				return fmt.Errorf("volume for %s/%s: %w", claim.Namespace, claim.Name, err)
			}
		}
		if err := f.grow(ctx, claim); err != nil {
			return fmt.Errorf("growth of %s/%s: %w", claim.Namespace, claim.Name, err)
		}
	}
	volumes, err := f.volumes.List(labels.Everything())
	if err != nil {
		return err
	}
	for _, volume := range volumes {
		unused := volume.Status.Phase == core.VolumeReleased && volume.Annotations[provisionedBy] == provisionerName &&
			volume.Spec.PersistentVolumeReclaimPolicy == core.PersistentVolumeReclaimDelete
		if unused {
			if err := f.remove(ctx, volume); err != nil {
				return fmt.Errorf("remove volume %s: %w", volume.Name, err)
			}
		}
	}
	return nil
}

func (f folders) make(ctx context.Context, claim *core.PersistentVolumeClaim) error {
	class, err := f.client.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, meta.GetOptions{})
	if err != nil {
		return err
	}
	// Named after the claim, so that a second run meets the first one's volume.
	name := "pvc-" + string(claim.UID)
	folder := filepath.Join(f.root, name)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	// MkdirAll minds the umask; a pod of any user must be able to write.
	if err := os.Chmod(folder, 0o777); err != nil {
		return err
	}
	if class.Parameters[sized] == "true" && !isSized(folder) {
		if err := unix.Mount("tmpfs", folder, "tmpfs", 0, "mode=0777,"+sizeOf(claim)); err != nil {
			return err
		}
	}
	_, err = f.client.CoreV1().PersistentVolumes().Create(ctx, &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: provisionerName}},
		Spec: core.PersistentVolumeSpec{
			StorageClassName:              class.Name,
			PersistentVolumeReclaimPolicy: *class.ReclaimPolicy,
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
			ClaimRef: &core.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim",
				Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion,
			},
			// Of the volume types on the node's own disk only `local` minds fsGroup.
			PersistentVolumeSource: core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: folder}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{
					Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{claim.Annotations[selectedNode]},
				}},
			}}}},
		},
	}, meta.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// isSized tells a file system of its own from a folder of the disk.
func isSized(folder string) bool {
	var own, above unix.Stat_t
	return unix.Stat(folder, &own) == nil && unix.Stat(filepath.Dir(folder), &above) == nil && own.Dev != above.Dev
}

func sizeOf(claim *core.PersistentVolumeClaim) string {
	size := claim.Spec.Resources.Requests[core.ResourceStorage]
	return fmt.Sprintf("size=%d", size.Value())
}

// grow notes that a folder has what its claim asks for: no folder is kept from growing. One of a size is made larger.
func (f folders) grow(ctx context.Context, claim *core.PersistentVolumeClaim) error {
	wanted, there := claim.Spec.Resources.Requests[core.ResourceStorage], claim.Status.Capacity[core.ResourceStorage]
	isOurs := claim.Status.Phase == core.ClaimBound && claim.Annotations[provisioner] == provisionerName
	if !isOurs || wanted.Cmp(there) <= 0 {
		return nil
	}
	volume, err := f.volumes.Get(claim.Spec.VolumeName)
	if err != nil {
		return err
	}
	if folder := filepath.Join(f.root, volume.Name); isSized(folder) {
		if err := unix.Mount("tmpfs", folder, "tmpfs", unix.MS_REMOUNT, sizeOf(claim)); err != nil {
			return err
		}
	}
	volume = volume.DeepCopy()
	volume.Spec.Capacity[core.ResourceStorage] = wanted
	if _, err := f.client.CoreV1().PersistentVolumes().Update(ctx, volume, meta.UpdateOptions{}); err != nil {
		return err
	}
	claim = claim.DeepCopy()
	claim.Status.Capacity[core.ResourceStorage] = wanted
	_, err = f.client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, claim, meta.UpdateOptions{})
	return err
}

func (f folders) remove(ctx context.Context, volume *core.PersistentVolume) error {
	folder := filepath.Join(f.root, volume.Name)
	if isSized(folder) {
		if err := unix.Unmount(folder, unix.MNT_DETACH); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	err := f.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, meta.DeleteOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	return err
}
