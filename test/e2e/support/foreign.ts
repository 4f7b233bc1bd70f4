import { symlinkSync } from "node:fs";
import { Authority, type Credentials } from "./authority.ts";
import type { Scratch } from "./scratch.ts";

export const SHOP = "shop.example.net";

/**
 * Somebody else's nginx: a site with its own client CA, the default server of the socket, which keeps sessions
 * by every means, and one line that includes ours.
 */
export class ForeignHost {
  readonly authority: Authority;
  readonly conf: string;
  /** A customer of theirs, whose certificate has the serial number given. */
  readonly customer: Credentials;

  /** @param pki the directory that a link beside their nginx.conf leads to @param more lines for their http {} */
  constructor(scratch: Scratch, pki: string, port: number, include: string, serial: string, more = "") {
    this.authority = new Authority(scratch.at("shop"), "Shop CA");
    this.customer = this.authority.issue({ name: "customer", serial });
    const site = this.authority.issue({ name: SHOP, kind: "server", names: [SHOP] });
    scratch.write("www/shop/file.txt", "shop\n");
    this.conf = scratch.write("host/nginx.conf", text(scratch, this.authority, site, port, `${more}\n    ${include}`));
    symlinkSync(pki, scratch.at("host/gatehouse"));
  }
}

function text(scratch: Scratch, authority: Authority, site: Credentials, port: number, include: string): string {
  return `
pid nginx.pid;
error_log error.log info;
events { worker_connections 100; }
http {
    client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
    access_log shop.log;
    autoindex on;
    merge_slashes off;
    ssl_trusted_certificate ${authority.certificate};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:shop:1m;
    server {
        listen 127.0.0.1:${port} ssl default_server;
        server_name ${SHOP};
        ssl_certificate ${site.cert};
        ssl_certificate_key ${site.key};
        ssl_client_certificate ${authority.certificate};
        ssl_verify_client optional;
        root ${scratch.at("www/shop")};
        location = /who { return 200 "$ssl_client_verify $ssl_session_reused"; }
    }
    ${include}
}
`;
}
