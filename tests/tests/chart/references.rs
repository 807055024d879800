//! Names by which objects of a release know each other: what of it is not there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

/// Everything that is named and is not there, and everything that stands there twice. `secrets` are those that a person makes.
pub fn faults(objects: &[Json], secrets: &Json) -> Vec<String> {
    let mut found = Faults { objects, secrets, found: Vec::new() };
    found.names();
    let pods: Vec<Pod<'_>> = objects.iter().filter_map(Pod::of).collect();
    for pod in &pods {
        found.account(pod);
        found.volumes(pod);
        found.variables(pod);
        found.ports(pod);
    }
    for object in objects {
        found.selectors(object, &pods);
    }
    found.found
}

struct Faults<'a> {
    objects: &'a [Json],
    secrets: &'a Json,
    found: Vec<String>,
}

/// The template of pods in an object.
struct Pod<'a> {
    of: &'a Json,
    labels: &'a Json,
    spec: &'a Json,
}

impl<'a> Pod<'a> {
    fn of(object: &'a Json) -> Option<Self> {
        let template = match object["kind"].as_str()? {
            "Job" | "Deployment" => &object["spec"]["template"],
            "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
            _ => return None,
        };
        Some(Self { of: object, labels: &template["metadata"]["labels"], spec: &template["spec"] })
    }

    fn containers(&self) -> impl Iterator<Item = &'a Json> + use<'a> {
        self.spec["containers"].as_array().into_iter().flatten()
    }
}

/// When Helm makes an object: hooks by their weight, then the release.
fn moment(object: &Json) -> i64 {
    let annotations = &object["metadata"]["annotations"];
    match annotations["helm.sh/hook"].as_str() {
        Some(_) => annotations["helm.sh/hook-weight"].as_str().unwrap_or("0").parse().unwrap(),
        None => i64::MAX,
    }
}

fn name(object: &Json) -> String {
    let name = |part: &Json| part.as_str().unwrap_or("?").to_owned();
    format!("{} {}", name(&object["kind"]), name(&object["metadata"]["name"]))
}

fn array<'a>(value: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    value[name].as_array().into_iter().flatten()
}

fn selects(selector: &Json, labels: &Json) -> bool {
    let wanted = selector.as_object().expect("labels");
    !wanted.is_empty() && wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}

impl<'a> Faults<'a> {
    fn tell(&mut self, of: &Json, what: &str) {
        self.found.push(format!("{}: {what}", name(of)));
    }

    /// Two objects of a name, and names that are too long: those of CronJobs have room for what is added to them.
    fn names(&mut self) {
        let mut seen = BTreeSet::new();
        for object in self.objects {
            let most = if object["kind"] == "CronJob" { 52 } else { 63 };
            let length = object["metadata"]["name"].as_str().unwrap_or_default().len();
            if length > most && object["kind"] != "ExternalSecret" {
                self.tell(object, "its name is too long");
            }
            if !seen.insert(name(object)) {
                self.tell(object, "is there twice");
            }
        }
    }

    fn find(&self, kind: &str, name: &Json) -> Option<&'a Json> {
        self.objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == *name)
    }

    /// An object that is there before the one that names it.
    fn is_there(&mut self, of: &Json, kind: &str, name: &Json) -> Option<&'a Json> {
        let Some(object) = self.find(kind, name) else {
            self.tell(of, &format!("no {kind} {name}"));
            return None;
        };
        // Within a release Helm makes accounts and maps before pods.
        if moment(of) != i64::MAX && moment(object) >= moment(of) {
            self.tell(of, &format!("{kind} {name} is not there before it"));
        }
        Some(object)
    }

    fn account(&mut self, pod: &Pod<'_>) {
        self.is_there(pod.of, "ServiceAccount", &pod.spec["serviceAccountName"]);
        if pod.spec["automountServiceAccountToken"] != false {
            self.tell(pod.of, "has a token");
        }
    }

    fn volumes(&mut self, pod: &Pod<'_>) {
        let volumes: BTreeMap<&str, &Json> =
            array(pod.spec, "volumes").map(|volume| (volume["name"].as_str().unwrap(), volume)).collect();
        let containers = pod.containers().chain(array(pod.spec, "initContainers"));
        for mount in containers.flat_map(|container| array(container, "volumeMounts")) {
            if !volumes.contains_key(mount["name"].as_str().unwrap()) {
                self.tell(pod.of, &format!("no volume {}", mount["name"]));
            }
        }
        for volume in volumes.values() {
            let sources = array(&volume["projected"], "sources").chain([*volume]);
            for map in sources.map(|source| &source["configMap"]).filter(|map| !map.is_null()) {
                let Some(object) = self.is_there(pod.of, "ConfigMap", &map["name"]) else { continue };
                for item in array(map, "items") {
                    if object["data"].get(item["key"].as_str().unwrap()).is_none() {
                        self.tell(pod.of, &format!("no {} in ConfigMap {}", item["key"], map["name"]));
                    }
                }
            }
            let secret = &volume["secret"];
            for item in array(secret, "items") {
                self.secret(pod.of, &secret["secretName"], Some(&item["key"]));
            }
        }
    }

    fn variables(&mut self, pod: &Pod<'_>) {
        for container in pod.containers() {
            let mut known = BTreeSet::new();
            for variable in array(container, "env") {
                let key = &variable["valueFrom"]["secretKeyRef"];
                if !key.is_null() {
                    self.secret(pod.of, &key["name"], Some(&key["key"]));
                }
                let value = variable["value"].as_str().unwrap_or_default();
                for named in value.split("$(").skip(1).filter_map(|rest| rest.split(')').next()) {
                    if !known.contains(named) {
                        self.tell(pod.of, &format!("no variable {named} before {}", variable["name"]));
                    }
                }
                if !known.insert(variable["name"].as_str().unwrap()) {
                    self.tell(pod.of, &format!("{} is there twice", variable["name"]));
                }
            }
            for source in array(container, "envFrom") {
                self.secret(pod.of, &source["secretRef"]["name"], None);
            }
        }
    }

    /// A Secret that a person makes: one of the list, or one that the values of the test name.
    fn secret(&mut self, of: &Json, secret: &Json, entry: Option<&Json>) {
        let known = secret.as_str().and_then(|name| self.secrets.get(name));
        let is_there = known
            .is_some_and(|entries| entry.is_none_or(|entry| entries.as_array().unwrap().contains(entry)));
        if !is_there && secret != "platform-database" && secret != "authority" {
            self.tell(of, &format!("no {entry:?} in Secret {secret}"));
        }
    }

    fn ports(&mut self, pod: &Pod<'_>) {
        for container in pod.containers() {
            let names: Vec<&Json> = array(container, "ports").map(|port| &port["name"]).collect();
            for probe in ["readinessProbe", "livenessProbe"].map(|probe| &container[probe]) {
                for port in [&probe["httpGet"]["port"], &probe["tcpSocket"]["port"]] {
                    if !port.is_null() && !names.contains(&port) {
                        self.tell(pod.of, &format!("no port {port}"));
                    }
                }
            }
        }
    }

    fn selectors(&mut self, object: &Json, pods: &[Pod<'_>]) {
        let spec = &object["spec"];
        let chosen =
            |labels: &Json| pods.iter().filter(|pod| selects(labels, pod.labels)).collect::<Vec<_>>();
        match object["kind"].as_str().unwrap_or_default() {
            "Deployment"
                if !selects(&spec["selector"]["matchLabels"], &spec["template"]["metadata"]["labels"]) =>
            {
                self.tell(object, "selects none of its own pods");
            }
            "Service" => {
                let chosen = chosen(&spec["selector"]);
                if chosen.len() != 1 {
                    self.tell(object, "selects no pod, or those of several");
                }
                for port in array(spec, "ports") {
                    let has = |pod: &&Pod<'_>| {
                        pod.containers()
                            .flat_map(|container| array(container, "ports"))
                            .any(|open| open["name"] == port["targetPort"])
                    };
                    if !chosen.iter().all(has) {
                        self.tell(object, &format!("no port {}", port["targetPort"]));
                    }
                }
            }
            "PodDisruptionBudget" if chosen(&spec["selector"]["matchLabels"]).len() != 1 => {
                self.tell(object, "selects no pod, or those of several");
            }
            "NetworkPolicy" => self.policy(object, pods),
            "ServiceMonitor" => self.monitor(object),
            "RoleBinding" => {
                self.is_there(object, "Role", &object["roleRef"]["name"]);
            }
            _ => {}
        }
    }

    /// Policies of stores select pods of other charts, which carry these labels.
    fn policy(&mut self, object: &Json, pods: &[Pod<'_>]) {
        let labels = &object["spec"]["podSelector"]["matchLabels"];
        let is_stores = labels.get("polity/store").is_some() || labels.get("polity/pool").is_some();
        if !is_stores && !pods.iter().any(|pod| selects(labels, pod.labels)) {
            self.tell(object, "selects no pod");
        }
    }

    fn monitor(&mut self, object: &Json) {
        let labels = &object["spec"]["selector"]["matchLabels"];
        if labels.get("polity/store").is_some() {
            return; // of another chart, whose values carry these labels
        }
        let services = self.objects.iter().filter(|object| object["kind"] == "Service");
        let chosen: Vec<&Json> =
            services.filter(|service| selects(labels, &service["metadata"]["labels"])).collect();
        let ports: Vec<&Json> = chosen
            .iter()
            .flat_map(|service| array(&service["spec"], "ports"))
            .map(|port| &port["name"])
            .collect();
        if chosen.len() != 1 {
            self.tell(object, "selects no Service, or several");
        }
        for endpoint in
            array(&object["spec"], "endpoints").filter(|endpoint| !ports.contains(&&endpoint["port"]))
        {
            self.tell(object, &format!("no port {}", endpoint["port"]));
        }
    }
}
