@echo off
rem Runs IPT4J's commands: ipt help. Builds them on first use; delete ipt-examples\target to build again.
setlocal
set "root=%~dp0"
set "target=%root%ipt-examples\target"
if defined JAVA_HOME (set "java=%JAVA_HOME%\bin\java") else (set "java=java")
rem DL4J's training UI is built, and fetched, for those who ask for it
set "ui="
set "profiles=run"
for %%a in (%*) do if "%%~a"=="--ui" (set "ui=-ui" & set "profiles=run,ui")
if not exist "%target%\built%ui%" (
  echo ipt: building, the first time also downloads about 190 MB 1>&2
  pushd "%root%"
  call mvn -B -ntp -q -P %profiles% package 1>&2 || (popd & exit /b 1)
  popd
  type nul > "%target%\built%ui%"
)
if not defined OMP_WAIT_POLICY set "OMP_WAIT_POLICY=PASSIVE"
rem in the environment, for set /p and command lines are too short for it
for /f "usebackq delims=" %%c in ("%target%\classpath%ui%.txt") do set "CLASSPATH=%target%\ipt-examples.jar;%%c"
"%java%" -XX:+UseParallelGC -Dorg.bytedeco.javacpp.platform.extension=-onednn ^
  -Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0 ^
  -Djava.awt.headless=true ^
  %IPT_JAVA_OPTS% org.ipt4j.examples.Ipt %*
