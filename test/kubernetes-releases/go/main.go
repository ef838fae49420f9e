// Judges a CustomResourceDefinition and objects of it as the API server of one Kubernetes release does: by that release's own code.
// Of a ValidatingAdmissionPolicy it judges whether its expressions compile.
//
//	judge CRD.json OBJECT.json...
//
// Each is a line of the output: its path, and "ok" or what is wrong.
package main

import (
	"context"
	"fmt"
	"os"
	"reflect"

	library "github.com/google/cel-go/cel"
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
	"k8s.io/apiserver/pkg/cel/environment"
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
		if object["kind"] == "ValidatingAdmissionPolicy" {
			wrong := expressionsThatDoNotCompile(object)
			say(path, wrong)
			failed = failed || len(wrong) > 0
			continue
		}
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

func expressionsThatDoNotCompile(policy map[string]interface{}) (wrong field.ErrorList) {
	// Releases differ in whether it is asked for the strict cost of an expression.
	open := reflect.ValueOf(environment.MustBaseEnvSet)
	arguments := []reflect.Value{reflect.ValueOf(environment.DefaultCompatibilityVersion()), reflect.ValueOf(true)}
	set := open.Call(arguments[:open.Type().NumIn()])[0].Interface().(*environment.EnvSet)
	env, err := set.NewExpressionsEnv().Extend(library.Variable("object", library.DynType))
	must(err)
	validations := policy["spec"].(map[string]interface{})["validations"].([]interface{})
	for index, each := range validations {
		expression := each.(map[string]interface{})["expression"].(string)
		if _, issues := env.Compile(expression); issues.Err() != nil {
			path := field.NewPath("spec", "validations").Index(index)
			wrong = append(wrong, field.Invalid(path, expression, issues.Err().Error()))
		}
	}
	return wrong
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
