@echo off
rem Runs IPT4J's commands: ipt help. In a checkout it builds them on first use (delete ipt-cli\target to
rem build again); in an installation they lie in lib, and the Java that runs them in runtime.
setlocal
set "root=%~dp0"
set "target=%root%ipt-cli\target"
if exist "%root%runtime\" (
  set "java=%root%runtime\bin\java"
  set "CLASSPATH=%root%lib\*"
  goto run
)
if defined JAVA_HOME (set "java=%JAVA_HOME%\bin\java") else (set "java=java")
rem an option that Java has from 17 on
"%java%" --enable-native-access=ALL-UNNAMED -version >nul 2>&1 || (
  echo ipt: expected Java 17 or newer, which "%java%" is not 1>&2
  exit /b 2
)
rem DL4J's training UI is built, and fetched, for those who ask for it; what is expanded by exclamation
rem marks is not parsed any more, whatever characters arguments have
set "ui="
set "profiles=run,jars"
set arguments= %* .
setlocal enabledelayedexpansion
if "!arguments: --ui =!"=="!arguments!" (endlocal) else (endlocal & set "ui=-ui" & set "profiles=run,ui,jars")
set "jars=%target%\lib%ui%"
if not exist "%jars%\built" (
  echo ipt: building, the first time also downloads about 190 MB 1>&2
  if exist "%jars%\" rmdir /s /q "%jars%"
  pushd "%root%"
  call mvn -B -ntp -q -P %profiles% -pl ipt-cli -am package 1>&2 || (popd & exit /b 1)
  popd
  echo built>"%jars%\built"
)
rem a folder's jars, whose names together may be longer than a command
set "CLASSPATH=%target%\ipt-cli.jar;%jars%\*"
:run
if not defined OMP_WAIT_POLICY set "OMP_WAIT_POLICY=passive"
rem OpenMP takes a list, for teams within teams; ND4J takes a number
if defined OMP_NUM_THREADS for /f "tokens=1 delims=, " %%n in ("%OMP_NUM_THREADS%") do set "OMP_NUM_THREADS=%%n"
rem JavaCPP loads native code, ND4J's libraries use sun.misc.Unsafe: newer Javas warn unless told
"%java%" -XX:+UseParallelGC -XX:+IgnoreUnrecognizedVMOptions ^
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ^
  -Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0 ^
  -Djava.awt.headless=true ^
  %IPT_JAVA_OPTS% org.ipt4j.cli.Ipt %*
