# SPDX-License-Identifier: Apache-2.0
"""The images with a shell entrypoint (tools/images/recipes.py): how each is started, and what it must answer then.

A case: `config` is the thresh.yaml to harden with; `starts` are asked of the original and of the sealed image alike. A start
has a name, variables, arguments behind the image's name, secrets (files below /run/secrets), a judge (see tests/judges) and
texts that its answers hold; `again` is the judge of a second start on the same volumes. A start that `fails` ends by itself
with a status that is not 0 and says that text. `refused` is what thresh says of an image that it cannot seal.
"""


def start(name, *judge, wants=(), env=None, args=(), secrets=None, again=(), fails=None):
    return {"name": name, "judge": list(judge), "wants": list(wants), "env": env or {}, "args": list(args),
            "secrets": secrets or {}, "again": list(again), "fails": fails}


def tell(name, *wants, **more):
    """A start of the application that says what it was given: the same at a second start, unless `again` is given."""
    more.setdefault("again", ANSWER)
    return start(name, *ANSWER, wants=wants, **more)


ANSWER = ["answers.sh", "8080", "/"]
SHOP = "select name, price from shop order by name"
ITEMS = "select name, price from shop.items order by name"
INSERT = "insert into shop values ('quince', 3)"


def psql(user, password, database, *statements):
    return ["psql.sh", "5432", user, password, database, *statements]


def mariadb(user, password, database, *statements):
    return ["mariadb.sh", "3306", user, password, database, *statements]


CASES = {
    "redis-entry": {"starts": [
        start("plain", "redis-ask.sh", "6379", "set key value", "get key", "save", wants=["key: value"],
              again=["redis-ask.sh", "6379", "get key"]),
        start("an option first", "redis-ask.sh", "6379", "config get maxmemory", "config get appendonly", "set key value",
              args=["--maxmemory", "8mb", "--appendonly", "yes"], wants=["maxmemory 8388608", "appendonly yes"],
              again=["redis-ask.sh", "6379", "get key"]),
        start("the server with an option", "redis-ask.sh", "6379", "config get databases",
              args=["redis-server", "--databases", "3"], wants=["databases 3"]),
    ]},
    "nginx-entry": {"starts": [
        start("plain", "answers.sh", "80", "/", "/page.txt", "/greeting", "/absent",
              wants=["behind an entrypoint", "hello from nginx on 80: /greeting", "status 404"]),
        start("another port", "answers.sh", "8088", "/", "/greeting", env={"NGINX_PORT": "8088", "NGINX_GREETING": "good day"},
              wants=["good day on 8088"]),
        start("tuned workers and a status", "answers.sh", "80", "/greeting", "/nginx-status",
              env={"NGINX_TUNE_WORKERS": "1", "NGINX_STATUS": "/nginx-status"}, wants=["fine"]),
        start("an option first", "answers.sh", "80", "/greeting", args=["-g", "daemon off; worker_rlimit_nofile 512;"],
              env={"NGINX_ENTRYPOINT_QUIET": "1"}, wants=["hello from nginx"]),
    ]},
    "postgres-entry": {
        "config": "environment: [POSTGRES_PASSWORD=first-secret]\n"
                  "entrypoint: {fixed: [PGDATA, PGHOST, PGHOSTADDR, PGPORT, PGUSER, PGPASSWORD, POSTGRES_INITDB_ARGS]}\n",
        "starts": [
            start("plain", *psql("postgres", "s3cret", "postgres", SHOP, INSERT), env={"POSTGRES_PASSWORD": "s3cret"},
                  wants=["apple|1.5"], again=psql("postgres", "s3cret", "postgres", SHOP)),
            start("a password in a file, a database and a user", *psql("clerk", "from a file", "stock", SHOP, "select current_user"),
                  env={"POSTGRES_PASSWORD_FILE": "/run/secrets/password", "POSTGRES_DB": "stock", "POSTGRES_USER": "clerk"},
                  secrets={"password": "from a file\n"}, wants=["pear|2", "clerk"],
                  again=psql("clerk", "from a file", "stock", SHOP)),
            start("an option first", *psql("postgres", "s3cret", "postgres", "show max_connections"),
                  env={"POSTGRES_PASSWORD": "s3cret"}, args=["-c", "max_connections=17"], wants=["17"]),
            start("without a password", fails="POSTGRES_PASSWORD"),
            start("a password twice", env={"POSTGRES_PASSWORD": "x", "POSTGRES_PASSWORD_FILE": "/run/secrets/password"},
                  secrets={"password": "y"}, fails="POSTGRES_PASSWORD"),
        ]},
    "mariadb-entry": {
        "config": "environment: [MARIADB_ROOT_PASSWORD=first-secret]\n"
                  "entrypoint: {fixed: [MARIADB_RANDOM_ROOT_PASSWORD, MARIADB_ALLOW_EMPTY_ROOT_PASSWORD, MARIADB_ROOT_HOST, MYSQLD_BOOTSTRAP]}\n",
        "starts": [
            start("plain", *mariadb("root", "s3'cret", "mysql", ITEMS, "insert into shop.items values ('quince', 3)"),
                  env={"MARIADB_ROOT_PASSWORD": "s3'cret"}, wants=["apple\t1.50"], again=mariadb("root", "s3'cret", "mysql", ITEMS)),
            start("a password in a file, a database and its user",
                  *mariadb("clerk", "hunter2", "stock", "create table t (n int)", "insert into t values (7)", "select n from t"),
                  env={"MARIADB_ROOT_PASSWORD_FILE": "/run/secrets/root", "MARIADB_DATABASE": "stock", "MARIADB_USER": "clerk",
                       "MARIADB_PASSWORD": "hunter2"},
                  secrets={"root": "of a file\n"}, wants=["7"], again=mariadb("clerk", "hunter2", "stock", "select n from t")),
            start("an option first", *mariadb("root", "x", "mysql", "show variables like 'max_connections'"),
                  env={"MARIADB_ROOT_PASSWORD": "x"}, args=["--max-connections=17"], wants=["max_connections\t17"]),
            start("without a password", fails="MARIADB_ROOT_PASSWORD"),
        ]},
    "apache-php": {"starts": [
        start("plain", "answers.sh", "80", "/", "/?of=limit", "/?of=session", "/?of=session", "/?of=extensions", "/absent",
              wants=["hello from php", "128M", "visits: 2", "status 404"]),
        start("settings", "answers.sh", "80", "/?of=limit", "/?of=server", env={"PHP_MEMORY_LIMIT": "64M", "SERVER_NAME": "shop.example"},
              wants=["64M"]),
        start("an argument", "answers.sh", "80", "/", args=["-c", "KeepAlive off"], wants=["hello from php"]),
    ]},
    "tomcat": {"starts": [
        start("plain", "answers.sh", "8080", "/", "/settings.jsp", "/absent", wants=["hello from tomcat", "greeting: none", "sum: 42"]),
        start("options of the virtual machine", "answers.sh", "8088", "/settings.jsp",
              env={"APP_GREETING": "hello", "JAVA_OPTS": "-Xmx80m -XX:+UseSerialGC -Dhttp.port=8088"}, wants=["greeting: hello"]),
    ]},
    "django-entry": {"starts": [
        start("plain", "answers.sh", "8000", "/", "/items", "/add/pear", "/admins", wants=["behind gunicorn", "apple"],
              again=["answers.sh", "8000", "/items"]),
        start("workers, a port and an administrator", "answers.sh", "8001", "/items", "/admins",
              env={"WEB_CONCURRENCY": "2", "PORT": "8001", "DJANGO_ADMIN": "ada", "GUNICORN_CMD_EXTRA": "--timeout 20 --name shop"},
              wants=["ada"], again=["answers.sh", "8001", "/admins"]),
    ]},
    "mosquitto-entry": {"starts": [
        start("plain", "mosquitto.sh", "1883", "publish", wants=["shop/apple 1.50", "strangers: taken"],
              again=["mosquitto.sh", "1883", "kept"]),
        start("a user", "mosquitto.sh", "1883", "publish", "clerk", "hunter2",
              env={"MOSQUITTO_USER": "clerk", "MOSQUITTO_PASSWORD": "hunter2"}, wants=["shop/apple 1.50", "strangers: refused"],
              again=["mosquitto.sh", "1883", "kept", "clerk", "hunter2"]),
        start("a user without a password", env={"MOSQUITTO_USER": "clerk"}, fails="MOSQUITTO_PASSWORD"),
    ]},
    "memcached-entry": {"starts": [
        start("plain", "memcached.sh", "11211", "maxbytes", wants=["VALUE key 0 5", "12", "maxbytes 67108864"]),
        start("an option first", "memcached.sh", "11211", "maxbytes", "num_threads", args=["-m", "16", "-t", "2"],
              wants=["maxbytes 16777216", "num_threads 2"]),
        start("memory from the environment", "memcached.sh", "11211", "maxbytes", env={"MEMCACHED_MEMORY": "32"},
              wants=["maxbytes 33554432"]),
    ]},
    "node-tini": {"starts": [
        start("plain", "answers.sh", "3000", "/", "/start", "/config.js", "/page.html", "/absent",
              wants=["hello from node", "http://localhost/api", "status 404"]),
        start("settings", "answers.sh", "3001", "/start", "/config.js",
              env={"PORT": "3001", "API_URL": "https://api.example/v1?a=b&c", "TITLE": "the \"best\" shop"},
              wants=["https://api.example/v1?a=b&c", 'the "best" shop']),
        start("an option first", "answers.sh", "3000", "/start", args=["--max-old-space-size=64", "server.js", "word"],
              wants=["--max-old-space-size=64", '"arguments":["word"]']),
    ]},
    "entry-flags": {"starts": [
        tell("plain", "umask 022"),
        tell("each variable", "--level", "--name=a name", "--verbose", "argument two",
             env={"APP_LEVEL": "7", "APP_NAME": "a name", "APP_VERBOSE": "yes", "APP_EXTRA": "one two"}),
        tell("an option first", "argument --quiet", args=["--quiet"], env={"APP_LEVEL": "3"}),
    ]},
    "entry-derive": {"starts": [
        tell("plain", "APP_DATABASE_URL=db://app@localhost:5432/main", "APP_LOG_LEVEL=info"),
        tell("all given", "APP_DATABASE_URL=db://u@h:1/d", "APP_PUBLIC_URL=https://x/",
             env={"APP_HOST": "h", "APP_USER": "u", "APP_DATABASE_PORT": "1", "APP_DATABASE": "d", "APP_PUBLIC_URL": "https://x/"}),
        tell("a toggle", "APP_LOG_LEVEL=debug", env={"APP_DEBUG": "true"}),
    ]},
    "entry-validate": {"starts": [
        tell("plain", "APP_STAGE=production", "APP_WORKERS=2"),
        tell("in range", "APP_WORKERS=64", env={"APP_WORKERS": "64", "APP_STAGE": "staging"}),
        start("out of range", env={"APP_WORKERS": "65"}, fails="APP_WORKERS"),
        start("no number", env={"APP_WORKERS": "many"}, fails="APP_WORKERS"),
        start("not one of the words", env={"APP_STAGE": "nowhere"}, fails="APP_STAGE"),
        start("empty", env={"APP_ADDRESS": ""}, fails="APP_ADDRESS"),
        start("gone", env={"APP_OLD_ADDRESS": "x"}, fails="APP_OLD_ADDRESS"),
    ]},
    "entry-provide": {"starts": [
        tell("plain", "level=1", "color: black"),
        tell("elsewhere", "/data/other/app.conf: level=1", env={"APP_CONFIG_DIR": "/data/other"}),
    ]},
    "entry-edit": {"starts": [
        tell("plain", "listen=0.0.0.0:8080", "level=1"),
        tell("keys", "level=9", "title=of a start", "listen=0.0.0.0:81", env={"APP_LEVEL": "9", "APP_TITLE": "of a start", "APP_LISTEN": "81"}),
    ]},
    "entry-retry": {"starts": [tell("plain", "umask 022")]},
    "entry-secret": {"starts": [
        start("plain", "answers.sh", "8080", "/", again=["answers.sh", "8080", "/"], wants=["APP_SECRET of 48 characters"]),
        start("given", "answers.sh", "8080", "/secret", again=["answers.sh", "8080", "/secret"], env={"APP_SECRET": "mine"}, wants=["mine"]),
    ]},
    "entry-umask": {"starts": [
        tell("plain", "umask 027", "/data/spool: mode 2770", "/data/spool/in: mode 700", "tell.pid: absent"),
        tell("another mask", "umask 077", env={"APP_UMASK": "077"}),
    ]},
    "entry-facts": {"starts": [
        start("plain", "answers.sh", "8080", "/", wants=["APP_WORKERS="]),
        tell("given", "APP_WORKERS=3", "APP_NODE=n", env={"APP_WORKERS": "3", "APP_NODE": "n"}),
    ]},
    "entry-config": {"starts": [
        tell("plain", 'name = "tell"', "price = $5", "cache = off"),
        tell("an upstream", "address = up.example", "timeout = 5", "cache = on, 10m",
             env={"APP_UPSTREAM": "up.example", "APP_TIMEOUT": "5", "APP_CACHE": "10m", "APP_NAME": "100% $HOME", "APP_LISTEN": "99"}),
    ]},
    "entry-owner": {"starts": [tell("plain", "/data/owned/state: started")]},
    "entry-default": {
        # the subcommands stand in a file of the image
        "config": "entrypoint: {scenarios: {subcommand: {arguments: serve word}}}\n",
        "starts": [
            tell("plain", "argument --plain"),
            tell("an option", "argument --loud", args=["--loud", "x"]),
            tell("a subcommand", "argument --as-command", args=["serve", "y"]),
            tell("the program", "argument z", args=["tell", "serve", "z"]),
        ]},
    "entry-helper": {"starts": [
        tell("plain", "indexed app.conf", "indexed start.d"),
        tell("once more", "indexed start.d", env={"APP_REINDEX": "1"}),
    ]},
    "entry-hooks": {"starts": [
        tell("plain", "APP_NAME=unnamed", "greeting = hello from unnamed"),
        tell("variables", "greeting = hello from me", "limit = 7", env={"APP_NAME": "me", "APP_LIMIT": "7"}),
    ]},
    "entry-file": {"starts": [
        tell("plain", "APP_USER=nobody", "APP_PASSWORD="),
        tell("of files", "APP_PASSWORD=two words", "APP_USER=me", secrets={"password": "two words\n", "user": "me"},
             env={"APP_PASSWORD_FILE": "/run/secrets/password", "APP_USER_FILE": "/run/secrets/user"}),
        tell("given", "APP_PASSWORD=direct", env={"APP_PASSWORD": "direct"}),
        start("both", env={"APP_PASSWORD": "a", "APP_PASSWORD_FILE": "/run/secrets/password"}, secrets={"password": "b"},
              fails="APP_PASSWORD"),
    ]},
    "entry-wait": {"starts": [
        tell("plain", "prepared for nobody"),
        tell("a name", "prepared for me", env={"APP_NAME": "me"}),
    ]},
    "two-daemons": {"starts": [
        start("plain", "answers.sh", "8080", "/", "8081/", wants=["argument first", "argument second"]),
        start("a role", "answers.sh", "8080", "8081/", env={"APP_SECOND": "other"}, wants=["argument other"]),
    ]},
    "undistillable": {
        # the script and the line, what it depends on, and the way out
        "refused": ["/usr/local/bin/undistillable.sh:9:", "APP_ROUTE_", "entrypoint.plan"],
        "starts": [tell("plain", "route home {", "to /srv/home")]},
}
