# SPDX-License-Identifier: Apache-2.0
"""What each image holds. A recipe: Debian packages; files of apps/NAME at `prefix`; commands that `run` inside, in the
application's layer; `build` commands in a build root with `build_packages`, which leave files in /out (they land at
`prefix` too; sources below apps/NAME/build stay outside the image); `scratch`: nothing but these files; `like`: the
layers of that recipe, with another config; the image config.
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
    # Behind a shell entrypoint, in the manner of published images: tests/e2e/entrypoint_cases.py says how they are started.
    "redis-entry": {
        "packages": ["redis-server", "gosu"],
        "run": ["mkdir /data && chown redis:redis /data"],
        "config": {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["redis-server"], "ExposedPorts": port(6379),
                   "WorkingDir": "/data", "Volumes": {"/data": {}}},
    },
    "nginx-entry": {
        "packages": ["nginx-light", "gettext-base"],
        "run": ["rm /etc/nginx/sites-enabled/default /var/www/html/index.nginx-debian.html",
                "ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log"],
        "config": {"Entrypoint": ["/docker-entrypoint.sh"], "Cmd": ["nginx", "-g", "daemon off;"], "ExposedPorts": port(80),
                   "StopSignal": "SIGQUIT"},
    },
    "postgres-entry": {
        "packages": ["postgresql-15", "gosu"],
        "run": [f"mkdir -p {PGDATA} && chown postgres:postgres {PGDATA} && chmod 700 {PGDATA}",
                "printf \"listen_addresses = \\047*\\047\\n\" >> /usr/share/postgresql/15/postgresql.conf.sample"],
        "config": {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["postgres"], "ExposedPorts": port(5432), "StopSignal": "SIGINT",
                   "Volumes": {PGDATA: {}}, "Env": [f"{PATH}:{POSTGRES}", f"PGDATA={PGDATA}", "LANG=C.UTF-8"]},
    },
    "mariadb-entry": {
        "packages": ["mariadb-server", "gosu"],
        "run": ["rm -rf /var/lib/mysql && mkdir /var/lib/mysql && chown mysql:mysql /var/lib/mysql"],
        "config": {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["mariadbd"], "ExposedPorts": port(3306),
                   "Volumes": {"/var/lib/mysql": {}}},
    },
    "apache-php": {
        "packages": ["apache2", "libapache2-mod-php"],
        "run": ["rm /var/www/html/index.html",
                "ln -sf /dev/stdout /var/log/apache2/access.log && ln -sf /dev/stderr /var/log/apache2/error.log"],
        "config": {"Entrypoint": ["apache-foreground"], "ExposedPorts": port(80), "StopSignal": "SIGWINCH",
                   "WorkingDir": "/var/www/html"},
    },
    "tomcat": {
        "packages": ["openjdk-17-jre-headless", "tomcat10-common"],
        "run": ["groupadd --system --gid 991 tomcat && useradd --system --uid 991 --gid 991 --no-create-home --home-dir /opt/tomcat tomcat",
                "cd /opt/tomcat && mkdir -p conf/Catalina logs temp work && chown -R tomcat:tomcat conf logs temp work"],
        "config": {"Entrypoint": ["/usr/share/tomcat10/bin/catalina.sh"], "Cmd": ["run"], "ExposedPorts": port(8080), "User": "tomcat",
                   "WorkingDir": "/opt/tomcat", "Env": [PATH, "CATALINA_HOME=/usr/share/tomcat10", "CATALINA_BASE=/opt/tomcat",
                                                        "JAVA_OPTS=-Xmx96m -XX:+UseSerialGC"]},
    },
    "django-entry": {
        "packages": ["python3-django", "gunicorn", "tzdata"],
        "prefix": "/app",
        "run": ["useradd --system --uid 990 --no-create-home --home-dir /app --shell /usr/sbin/nologin django",
                "mkdir /data && chown django:django /data"],
        "config": {"Entrypoint": ["/app/entrypoint.sh"], "Cmd": ["serve"], "WorkingDir": "/app", "User": "django",
                   "ExposedPorts": port(8000), "Volumes": {"/data": {}}, "Env": [PATH, "PYTHONUNBUFFERED=1"]},
    },
    "mosquitto-entry": {
        "packages": ["mosquitto"],
        "config": {"Entrypoint": ["/docker-entrypoint.sh"], "Cmd": ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"],
                   "ExposedPorts": port(1883), "Volumes": {"/mosquitto/data": {}}},
    },
    "memcached-entry": {
        "packages": ["memcached"],
        "config": {"Entrypoint": ["docker-entrypoint.sh"], "Cmd": ["memcached"], "ExposedPorts": port(11211)},
    },
    "node-tini": {
        "packages": ["nodejs", "tini"],
        "run": ["useradd --system --uid 1000 --no-create-home --home-dir /app node && chown -R node:node /app/public"],
        "config": {"Entrypoint": ["tini", "--", "start"], "Cmd": ["server.js"], "WorkingDir": "/app", "User": "node",
                   "ExposedPorts": port(3000), "Env": [PATH, "NODE_ENV=production"]},
    },
    # One application that answers with what it was given, and a script for each kind of thing that entrypoints do.
    "scripts": {
        "packages": ["busybox-static"],
        "build_packages": ["musl-tools"],
        "build": ["mkdir -p /out/usr/local/bin && musl-gcc -std=gnu17 -static -O2 -Wall -o /out/usr/local/bin/tell build/tell.c"],
        "run": ["useradd --system --uid 995 --no-create-home --home-dir /data --shell /usr/sbin/nologin app",
                "mkdir /data /var/lib/tell"],
        "config": {"Cmd": ["tell", "serve"], "ExposedPorts": port(8080)},
    },
}


def entry(script, command=("tell", "serve"), **config):
    """An image of `scripts` with that entrypoint."""
    config = {"Entrypoint": [script], "Cmd": list(command), "ExposedPorts": port(8080), **config}
    return {"like": "scripts", "config": config}


DATA = {"Volumes": {"/data": {}}}

RECIPES.update({
    "entry-flags": entry("flags-entrypoint.sh"),
    "entry-derive": entry("derive-entrypoint.sh", User="app"),
    "entry-validate": entry("validate-entrypoint.sh", User="app", Env=[PATH, "APP_ADDRESS=tell.example"]),
    "entry-provide": entry("provide-entrypoint.sh", **DATA),
    "entry-edit": entry("edit-entrypoint.sh", **DATA),
    "entry-retry": entry("retry-entrypoint.sh"),
    "entry-secret": entry("secret-entrypoint.sh", **DATA),
    "entry-umask": entry("umask-entrypoint.sh", **DATA),
    "entry-facts": entry("facts-entrypoint.sh"),
    "entry-config": entry("config-entrypoint.sh"),
    "entry-owner": entry("owner-entrypoint.sh", **DATA),
    "entry-default": entry("default-entrypoint.sh", ()),
    "entry-helper": entry("helper-entrypoint.sh", **DATA),
    "entry-hooks": entry("hooks-entrypoint.sh", **DATA),
    "entry-file": entry("file-entrypoint.sh", User="app"),
    "entry-wait": entry("wait-entrypoint.sh", **DATA),
    "two-daemons": entry("two-daemons.sh", ()),
    "undistillable": entry("undistillable.sh", Env=[PATH, "APP_ROUTE_home=/srv/home"]),
})
