// Judges a CustomResourceDefinition and objects of it as the API server of one Kubernetes release does: by that release's own code.
//
//	judge CRD.json OBJECT.json...
//
// Each is a line of the output: its path, and "ok" or what is wrong.
package main

import (
	"context"
	"fmt"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	v1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

func main() {
	scheme := runtime.NewScheme()
	install.Install(scheme)

	given := &v1.CustomResourceDefinition{}
	read(os.Args[1], given)
	// A fresh one has stored nothing yet; the API server fills this in.
	given.Status.StoredVersions = []string{given.Spec.Versions[0].Name}
	scheme.Default(given)
	crd := &apiextensions.CustomResourceDefinition{}
	must(scheme.Convert(given, crd, nil))
	wrong := crdvalidation.ValidateCustomResourceDefinition(context.Background(), crd)
	say(os.Args[1], wrong)
	if len(wrong) > 0 {
		os.Exit(1)
	}

	found, err := apiextensions.GetSchemaForVersion(crd, given.Spec.Versions[0].Name)
	must(err)
	structural, err := schema.NewStructural(found.OpenAPIV3Schema)
	must(err)
	validator, _, err := validation.NewSchemaValidator(found.OpenAPIV3Schema)
	must(err)
	rules := cel.NewValidator(structural, true, celconfig.PerCallLimit)
	failed := false
	for _, path := range os.Args[2:] {
		object := map[string]interface{}{}
		read(path, &object)
		wrong := validation.ValidateCustomResource(nil, object, validator)
		of, _ := rules.Validate(context.Background(), nil, structural, object, nil, celconfig.RuntimeCELCostBudget)
		wrong = append(wrong, of...)
		options := schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
		for _, unknown := range pruning.PruneWithOptions(object, structural, true, options) {
			wrong = append(wrong, field.Forbidden(field.NewPath(unknown), "no such field"))
		}
		say(path, wrong)
		failed = failed || len(wrong) > 0
	}
	if failed {
		os.Exit(1)
	}
}

func say(path string, wrong field.ErrorList) {
	if len(wrong) == 0 {
		fmt.Printf("%s: ok\n", path)
	}
	for _, each := range wrong {
		fmt.Printf("%s: %v\n", path, each)
	}
}

func read(path string, into interface{}) {
	text, err := os.ReadFile(path)
	must(err)
	must(json.Unmarshal(text, into))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
