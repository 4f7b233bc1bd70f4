import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync } from "node:fs";
import { Authority, type Credentials } from "./authority.ts";
import { SHOP } from "./foreign.ts";
import type { Scratch } from "./scratch.ts";

/**
 * Somebody else's Apache: a site with its own client CA, the default of the socket, which lists directories and resumes
 * sessions by ticket; that CA trusted for all sites, as a careless host might; and one line that includes ours.
 */
export class ForeignApache {
  readonly authority: Authority;
  /** Its ServerRoot, with httpd.conf in it. */
  readonly root: string;
  /** A customer of theirs, whose certificate has the serial number given. */
  readonly customer: Credentials;

  constructor(scratch: Scratch, pki: string, port: number, server: string, serial: string) {
    this.authority = new Authority(scratch.at("shop"), "Shop CA");
    this.customer = this.authority.issue({ name: "customer", serial });
    const site = this.authority.issue({ name: SHOP, kind: "server", names: [SHOP] });
    const hash = execFileSync("openssl", ["x509", "-in", this.authority.certificate, "-noout", "-hash"]);
    mkdirSync(scratch.at("trusted"));
    mkdirSync(scratch.at("run"));
    copyFileSync(this.authority.certificate, scratch.at(`trusted/${String(hash).trim()}.0`));
    scratch.write("www/shop/file.txt", "shop\n");
    scratch.write("host/httpd.conf", text(scratch, this.authority.certificate, site, port, server));
    symlinkSync(pki, scratch.at("host/gatehouse"));
    this.root = scratch.at("host");
  }
}

function text(scratch: Scratch, ca: string, site: Credentials, port: number, server: string): string {
  const run = scratch.at("run");
  return `Include gatehouse/apache/modules.conf
LoadModule autoindex_module "\${gatehouse_modules}/mod_autoindex.so"
User www-data
ServerName host.example.net
PidFile "${run}/httpd.pid"
DefaultRuntimeDir "${run}"
ErrorLog "${run}/error.log"
LogLevel warn ssl:info
SSLSessionCache none
SSLCACertificatePath "${scratch.at("trusted")}"
Listen 127.0.0.1:${port}
<Directory "/">
    Options Indexes
    Require all granted
</Directory>
<VirtualHost 127.0.0.1:${port}>
    ServerName ${SHOP}
    SSLEngine on
    SSLCertificateFile "${site.cert}"
    SSLCertificateKeyFile "${site.key}"
    SSLCACertificateFile "${ca}"
    SSLVerifyClient optional
    DocumentRoot "${scratch.at("www/shop")}"
    Header set X-Who "%{SSL_CLIENT_VERIFY}s %{SSL_SESSION_RESUMED}s"
</VirtualHost>
Define gatehouse_log "${run}"
Include gatehouse/apache/include/${server}.conf
`;
}
