# SPDX-License-Identifier: Apache-2.0
"""What each image holds. A recipe: Debian packages; files of apps/NAME at `prefix`; commands that `run` inside, in the
application's layer; `build` commands in a build root with `build_packages`, which leave files in /out (they land at
`prefix` too; sources below apps/NAME/build stay outside the image); `scratch`: nothing but these files; the image config.
"""

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
POSTGRES = "/usr/lib/postgresql/15/bin"
PGDATA = "/var/lib/postgresql/data"


def port(number):
    return {f"{number}/tcp": {}}


RECIPES = {
    "static": {
        "build_packages": ["musl-tools"],
        "build": ["musl-gcc -static -O2 -Wall -o /out/bin-hello build/hello.c && mkdir -p /out/usr/bin "
                  "&& mv /out/bin-hello /out/usr/bin/hello"],
        "scratch": True,
        "config": {"Entrypoint": ["/usr/bin/hello"], "Cmd": ["serve", "8080"], "ExposedPorts": port(8080),
                   "User": "10001:10001", "Env": ["PATH=/usr/bin"]},
    },
    "java": {
        "packages": ["openjdk-17-jre-headless"],
        "build_packages": ["default-jdk-headless"],
        "build": ["mkdir classes && javac -d classes build/*.java build/plugins/*.java "
                  "&& cp -r build/META-INF build/messages.properties classes/ "
                  "&& jar --create --file /out/server.jar --date=2023-11-14T22:13:20Z --main-class Server -C classes ."],
        "prefix": "/app",
        "config": {"Entrypoint": ["java", "-XX:+UseSerialGC", "-Xmx64m", "-jar", "/app/server.jar"], "Cmd": ["8080"],
                   "WorkingDir": "/app", "ExposedPorts": port(8080)},
    },
    "batch": {
        "packages": ["python3-minimal"],
        "config": {"Entrypoint": ["/usr/local/bin/report"], "Cmd": ["--format", "text"]},
    },
    "django": {
        "packages": ["python3-django", "python3-psycopg2", "tzdata"],
        "prefix": "/app",
        "run": ["useradd --system --uid 990 --no-create-home --home-dir /app --shell /usr/sbin/nologin django"],
        "config": {"Entrypoint": ["python3", "/app/serve.py"], "WorkingDir": "/app", "User": "django",
                   "ExposedPorts": port(8000),
                   "Env": [PATH, "DATABASE_HOST=db", "DATABASE_NAME=app", "DATABASE_USER=app", "DATABASE_PASSWORD=app",
                           "PYTHONUNBUFFERED=1"]},
    },
    "postgres": {
        "packages": ["postgresql-15"],
        "run": [f"mkdir -p {PGDATA} && chown postgres:postgres {PGDATA} && chmod 700 {PGDATA}",
                f"su postgres -s /bin/sh -c \"{POSTGRES}/initdb -D {PGDATA} -E UTF8 --locale=C.UTF-8 --auth-local=trust "
                f"--auth-host=scram-sha-256\"",
                f"printf \"CREATE ROLE app LOGIN PASSWORD \\$\\$app\\$\\$;\\nCREATE DATABASE app OWNER app;\\n\" > /tmp/init.sql",
                f"su postgres -s /bin/sh -c \"{POSTGRES}/postgres --single -D {PGDATA} postgres < /tmp/init.sql\"",
                f"rm /tmp/init.sql; echo host all all all scram-sha-256 >> {PGDATA}/pg_hba.conf"],
        "config": {"Cmd": [f"{POSTGRES}/postgres", "-D", PGDATA, "-c", "listen_addresses=*", "-c",
                           "unix_socket_directories=/tmp"], "User": "postgres",
                   "ExposedPorts": port(5432), "StopSignal": "SIGINT", "Volumes": {PGDATA: {}}},
    },
    "venv": {
        "packages": ["python3"],
        "run": ["python3 -m venv --without-pip /opt/venv",
                "mkdir -p /opt/venv/lib/python3.11/site-packages && cp -r /srv/vendor/. "
                "/opt/venv/lib/python3.11/site-packages/ && rm -r /srv/vendor",
                "mv /srv/greeter-serve /opt/venv/bin/"],
        "config": {"Cmd": ["greeter-serve", "--port", "8080"], "WorkingDir": "/srv", "ExposedPorts": port(8080),
                   "Env": ["PATH=/opt/venv/bin:" + PATH[5:], "VIRTUAL_ENV=/opt/venv"]},
    },
    "perl": {
        "packages": ["perl", "libhttp-daemon-perl"],
        "prefix": "/app",
        "config": {"Cmd": ["perl", "server.pl"], "WorkingDir": "/app", "ExposedPorts": port(8080)},
    },
    "php": {
        "packages": ["php-cli", "php-sqlite3"],
        "prefix": "/srv/www",
        "config": {"Cmd": ["php", "-S", "0.0.0.0:8080", "-t", "/srv/www", "/srv/www/index.php"], "WorkingDir": "/srv/www",
                   "ExposedPorts": port(8080), "StopSignal": "SIGINT"},
    },
    "ruby": {
        "packages": ["ruby", "ruby-webrick"],
        "prefix": "/app",
        "config": {"Cmd": ["ruby", "server.rb"], "WorkingDir": "/app", "ExposedPorts": port(8080)},
    },
    "nginx": {
        "packages": ["nginx-light"],
        "prefix": "/var/www/html",
        "config": {"Cmd": ["nginx", "-g", "daemon off;"], "ExposedPorts": port(80), "StopSignal": "SIGQUIT"},
    },
    "redis": {
        "packages": ["redis-server"],
        "run": ["mkdir /data && chown redis:redis /data"],
        "config": {"Cmd": ["redis-server", "--protected-mode", "no"], "ExposedPorts": port(6379), "WorkingDir": "/data",
                   "Volumes": {"/data": {}}, "User": "redis"},
    },
    "flask": {
        "packages": ["python3-flask"],
        "prefix": "/app",
        "config": {"Cmd": ["python3", "app.py"], "WorkingDir": "/app", "ExposedPorts": port(8080)},
    },
    "node": {
        "packages": ["nodejs"],
        "prefix": "/app",
        "config": {"Cmd": ["node", "server.js"], "WorkingDir": "/app", "ExposedPorts": port(3000),
                   "Env": [PATH, "NODE_ENV=production"]},
    },
    # What hardened images of others lost, one route each: see apps/traps/srv/traps/server.py.
    "traps": {
        "packages": ["python3", "python3-pkg-resources", "ca-certificates", "tzdata"],
        "build_packages": ["gcc", "libc6-dev"],
        "build": ["mkdir -p /out/usr/local/bin /out/opt/traps/plugins /out/opt/traps/lib/glibc-hwcaps/x86-64-v2 "
                  "/out/opt/traps/lib/glibc-hwcaps/x86-64-v3",
                  "cc=\"gcc -O1 -shared -fPIC -Wl,-soname,libfast.so build/fast.c\"; $cc -DLEVEL=\\\"0\\\" -o /out/opt/traps/lib/libfast.so; "
                  "for n in 2 3; do $cc -DLEVEL=\\\"$n\\\" -o /out/opt/traps/lib/glibc-hwcaps/x86-64-v$n/libfast.so; done",
                  "for n in one two; do gcc -O1 -shared -fPIC -DNAME=\\\"$n\\\" build/plugin.c "
                  "-o /out/opt/traps/plugins/$n.so; done",
                  "gcc -O1 -o /out/usr/local/bin/trap build/trap.c -L/out/opt/traps/lib -lfast -Wl,-rpath,/opt/traps/lib "
                  "&& cp /out/usr/local/bin/trap /out/usr/local/bin/lowport",
                  "as --32 -o compat.o build/compat.S && ld -m elf_i386 -o /out/usr/local/bin/compat32 compat.o"],
        "run": ["useradd --uid 990 --no-create-home --home-dir /srv/traps --shell /usr/sbin/nologin app",
                "mkdir /var/lib/traps /var/log/traps && chown -R app:app /srv/traps /var/lib/traps /var/log/traps /data",
                # cap_net_bind_service+ep
                "python3 -c \"import os; os.setxattr(\\\"/usr/local/bin/lowport\\\", \\\"security.capability\\\", "
                "bytes.fromhex(\\\"0100000200040000000000000000000000000000\\\"))\""],
        "config": {"Cmd": ["python3", "-B", "server.py"], "WorkingDir": "/srv/traps", "User": "app", "Volumes": {"/data": {}},
                   "ExposedPorts": port(8080), "Env": [PATH, "TZ=Europe/Berlin", "LANG=C.UTF-8"]},
    },
    # Started as root; insists on owners, groups and ids.
    "drops": {
        "build_packages": ["gcc", "libc6-dev"],
        "build": ["mkdir -p /out/usr/local/sbin && gcc -O1 -Wall -o /out/usr/local/sbin/insist build/insist.c"],
        "config": {"Cmd": ["insist"], "ExposedPorts": port(8080)},
    },
}
