"""What is public although it looks like a place: hosts, registries, files, folders and schemes of everybody's."""

import re

__all__ = [
    "CONSTANT",
    "EXTENSIONS",
    "FILES",
    "HOSTS",
    "MANUALS",
    "MEDIA_TYPE",
    "MODULES",
    "REGISTRIES",
    "RESIDUE",
    "RESOURCES",
    "ROOTS",
    "SCHEMES",
    "SYSTEM",
    "TOP_LEVELS",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HOSTS = _words(
    """localhost localhost.localdomain 127.0.0.1 0.0.0.0 ::1 host.docker.internal host.containers.internal
    gateway.docker.internal host.lima.internal host.minikube.internal kubernetes.default kubernetes.default.svc
    kubernetes.default.svc.cluster.local control-plane.minikube.internal github.com api.github.com
    raw.githubusercontent.com objects.githubusercontent.com codeload.github.com gitlab.com bitbucket.org
    ssh.github.com
    golang.org go.dev
    storage.googleapis.com dl.k8s.io
    mirrors.fedoraproject.org download.docker.com hub.docker.com
    registry-1.docker.io auth.docker.io production.cloudflare.docker.com desktop.docker.com docker.io
    index.docker.io podman.io podman-desktop.io kubernetes.io k8s.io docs.docker.com aka.ms learn.microsoft.com
    go.microsoft.com example.com example.org 8.8.8.8 1.1.1.1 255.255.255.255 ::"""
)
# Hosts that hold what programs say of themselves, and nothing of their users.
MANUALS = _words(
    """kubernetes.io docs.docker.com learn.microsoft.com docs.microsoft.com go.dev pkg.go.dev golang.org podman.io
    podman-desktop.io docs.podman.io minikube.sigs.k8s.io kind.sigs.k8s.io docs.python.org nodejs.org docs.npmjs.com
    doc.rust-lang.org docs.rs helm.sh lima-vm.io developer.apple.com support.apple.com docs.redhat.com
    access.redhat.com curl.se www.postgresql.org dev.mysql.com git-scm.com www.kernel.org"""
)
REGISTRIES = _words(
    """docker.io index.docker.io registry-1.docker.io quay.io ghcr.io gcr.io k8s.gcr.io registry.k8s.io
    mcr.microsoft.com
    public.ecr.aws registry.fedoraproject.org registry.access.redhat.com registry.redhat.io registry.opensuse.org
    registry.gitlab.com nvcr.io lscr.io localhost"""
)
RESOURCES = _words(
    """pod pods deployment deployments service services node nodes namespace secret configmap job cronjob ingress
    daemonset statefulset replicaset pvc pv container image volume network machine"""
)
ROOTS = _words("proc sys dev etc usr bin sbin lib lib64 var run tmp opt private system library boot root")
TOP_LEVELS = _words(
    """com org net edu gov mil int info biz io dev app cloud tech online site xyz shop store ai me tv cc co local lan
    internal corp home localdomain intranet private example test invalid localhost onion arpa"""
)
SYSTEM = _words("proc sys dev etc usr bin sbin lib lib64")
FILES = _words(
    """podman.sock docker.sock containerd.sock crio.sock buildkitd.sock podman-machine-default.sock docker_engine
    api.sock gvproxy.sock go.mod go.sum package.json package-lock.json yarn.lock pnpm-lock.yaml tsconfig.json
    cargo.toml cargo.lock pyproject.toml setup.py requirements.txt pipfile poetry.lock pom.xml build.gradle
    setup.cfg pylock.toml uv.lock pyvenv.cfg
    settings.gradle gemfile composer.json makefile cmakelists.txt dockerfile containerfile .dockerignore
    .containerignore .gitignore .gitconfig .npmrc .yarnrc .bashrc .profile .zshrc .kube .ssh .docker .netrc .env
    docker-compose.yml docker-compose.yaml compose.yml compose.yaml kustomization.yaml chart.yaml values.yaml
    config.json config.toml config.yaml config.yml settings.json auth.json daemon.json containers.conf
    storage.conf registries.conf policy.json kubeconfig id_rsa id_ed25519 id_ecdsa known_hosts authorized_keys
    overlay overlay-containers overlay-images storage.lock podman.exe docker.exe kubectl.exe wsl.exe
    powershell.exe cmd.exe node.exe python.exe git.exe vmlinuz initrd ext4.vhdx disk.img lima.yaml ha.pid ha.sock
    ssh.sock serial.log resolv.conf hosts passwd subuid subgid fstab lock head index.lock node_modules
    extension.js index.js main.js cli.js __init__.py __main__.py"""
)
EXTENSIONS = _words(
    """yaml yml json json5 jsonl toml xml ini cfg conf config env properties lock log txt md rst csv tsv html htm css
    scss less js mjs cjs ts mts cts jsx tsx vue svelte map go mod sum py pyc pyi pyx rb rs java kt kts scala
    groovy gradle class jar war c h cc cpp cxx hpp hh cs fs vb swift m mm php pl pm lua sh bash zsh fish ps1 psm1
    bat cmd exe dll so dylib a o lib msi msix pkg dmg deb rpm apk app tar gz tgz bz2 xz zst zip 7z rar img iso raw
    qcow2 vhd vhdx vmdk vdi ova sock socket pid db sqlite sqlite3 sql bak tmp temp swp pem crt cer key pub csr p12
    pfx asc sig gpg png jpg jpeg gif svg ico pdf doc docx xls xlsx ppt pptx wasm node tf tfvars hcl service mount
    timer target dockerfile containerfile kubeconfig asar proto graphql ipynb mk cmake bin dat data plist diff
    patch template tmpl tpl j2 vsix whl egg gem nupkg"""
)
SCHEMES = _words(
    """http https ws wss ftp ftps sftp ssh git svn unix npipe tcp tcp4 tcp6 udp tls file fd docker docker-daemon podman
    containerd oci oci-archive docker-archive containers-storage dir vscode amqp amqps mqtt mqtts redis rediss
    postgres postgresql mysql mariadb mongodb kafka nats ldap ldaps smb nfs s3 gs jdbc grpc grpcs socks4 socks5
    socks5h vsock qemu spice vnc rdp cri pkg blob about chrome app smtp imap pop3 telnet rtsp mssql sqlserver
    sqlite oracle clickhouse elasticsearch zookeeper etcd consul vault"""
)
# How the constants of systems are written that stand in quotes too; what else they say is for the vocabulary.
CONSTANT = re.compile(
    r"(?:RLIMIT|SOCK|CAP|CLONE|LD|EAI|AI|O|AF|PF|SO|IP|IPV6|TCP|IPPROTO|MS|PROT|MAP|F|SIG|SYS|PR|EPOLL|POLL|SECCOMP"
    r"|ERR|ERROR|E|WSA|STATUS|NT|HTTP|SSL|TLS|X509|CURLE|GIT|PTRACE|MNT|IN|SCHED|IOPRIO)_[A-Z][A-Z0-9_]{1,40}"
    r"|SIG(?:HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR[12]|SEGV|PIPE|ALRM|TERM|STKFLT|CHLD|CONT|STOP|TSTP|TTIN"
    r"|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|RTMIN|RTMAX|INFO|BREAK)"
)
MEDIA_TYPE = re.compile(r"(?:application|audio|font|image|message|multipart|text|video)/")
# Roots of module names that belong to a language or its runtime.
MODULES = _words(
    """java javax jdk sun node internal runtime syscall reflect goexit std core alloc tokio kotlin kotlinx scala system
    asyncio"""
)
# What placeholders stand beside in our own output.
RESIDUE = frozenset(
    part
    for group in (HOSTS, REGISTRIES, SCHEMES, EXTENSIONS, FILES)
    for name in group
    for part in name.replace("-", ".").replace("_", ".").split(".")
)
