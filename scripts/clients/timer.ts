import { createHash } from "node:crypto";
import { madeBy } from "../model/derived.ts";
import type { ClientContext } from "./context.ts";
import { type ClientFile, configuration, ETC } from "./files.ts";

/**
 * What runs renew.sh once a day: systemd's timer or else cron on Linux, cron on FreeBSD (a name without a dot: cron skips
 * others), launchd on macOS. None where no server renews.
 */
export function timerFiles({ name, renewal }: ClientContext): ClientFile[] {
  if (renewal === null) return [];
  const { minute, hour } = timeOfDay(name);
  const cron = (condition: string) =>
    `${madeBy()}\n${SEARCH}\n${minute} ${hour} * * * root ${condition}sh ${ETC}/renew.sh\n`;
  return [
    configuration("/etc/cron.d/gatehouse-client", cron("test -d /run/systemd/system || "), ["linux"]),
    configuration("/etc/systemd/system/gatehouse-client.service", SERVICE, ["linux"]),
    configuration("/etc/systemd/system/gatehouse-client.timer", timer(minute, hour), ["linux"]),
    configuration("/usr/local/etc/cron.d/gatehouse-client", cron(""), ["freebsd"]),
    configuration("/Library/LaunchDaemons/gatehouse-client.plist", plist(minute, hour), ["macos"]),
  ];
}

/** A time for each client: a fleet that was installed in one go must not come in one minute. */
export function timeOfDay(name: string): { readonly minute: number; readonly hour: number } {
  const chance = createHash("sha256").update(name).digest().readUInt16BE(0) % (24 * 60);
  return { minute: chance % 60, hour: Math.floor(chance / 60) };
}

const SEARCH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const SERVICE = `${madeBy()}
[Unit]
Description=Renew the client certificate for package repositories
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/bin/sh ${ETC}/renew.sh
`;

/** Persistent: a machine that was off at that time makes up for it. */
function timer(minute: number, hour: number): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${madeBy()}
[Unit]
Description=Renew the client certificate for package repositories, daily

[Timer]
OnCalendar=*-*-* ${two(hour)}:${two(minute)}
Persistent=true

[Install]
WantedBy=timers.target
`;
}

function plist(minute: number, hour: number): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!--${madeBy("")} -->
<plist version="1.0">
<dict>
  <key>Label</key><string>gatehouse-client</string>
  <key>ProgramArguments</key><array><string>/bin/sh</string><string>${ETC}/renew.sh</string></array>
  <key>StartCalendarInterval</key>
  <dict><key>Hour</key><integer>${hour}</integer><key>Minute</key><integer>${minute}</integer></dict>
</dict>
</plist>
`;
}
