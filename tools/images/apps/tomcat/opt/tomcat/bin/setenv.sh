# Read by catalina.sh: options of the virtual machine out of the environment.
if [ -n "$APP_GREETING" ]; then
	CATALINA_OPTS="$CATALINA_OPTS -Dapp.greeting=$APP_GREETING"
fi
