/** What is known to break client certificates behind nginx, and where a test shows that it does not break ours. */
export const KNOWN: readonly (readonly [fact: string, file: string, title: string])[] = [
  // Authentication.
  [
    "a missing or bad certificate ends in 400, 495, 496 or 497, which error_page 400 does not catch",
    "support/siege-refusals",
    "No client certificate.",
  ],
  ["plain HTTP on a TLS port ends in 497", "nginx-siege", "plain HTTP on the TLS port, with a page"],
  ["Host beats the CA of the name in the handshake", "support/siege-refusals", "Host of another server on the socket"],
  ["who sends no name, an unknown one or an address gets the default server", "nginx-siege", "a handshake with %s"],
  [
    "a foreign default server lets its own clients ask for our Host",
    "nginx-foreign",
    "keeps out their certificate with a listed serial that comes under %s and asks for our Host",
  ],
  ["a session resumed skips a new CRL", "nginx-sessions", "opens nothing to a client that is %s, over %s"],
  [
    "a session begun at another site is resumed at ours",
    "nginx-foreign",
    "keeps out a session that began at the other site, over %s",
  ],
  ["a CRL that lacks one authority locks everybody out", "nginx-crl", "where it lacks an authority of the chain"],
  ["a CRL that ends locks everybody out without a reload", "nginx-crl", "once it has ended, on a running server"],
  ["a CRL from the future locks everybody out", "nginx-crl", "where it comes from the future"],
  [
    "a little from the future is enough, so it is dated back",
    "nginx-crl",
    "is good on a server whose clock is a little slow",
  ],
  [
    "certificates in the CRL's file become trust anchors",
    "nginx-crl",
    "nothing that nginx would take for a trust anchor",
  ],
  ["of two CRLs of one second the first wins", "nginx-crl", "rises in time and number"],
  [
    "a chain may lead through somebody else's intermediate",
    "support/siege-refusals",
    "a chain through somebody else's intermediate",
  ],
  ["a chain may lead through a leaf", "support/siege-refusals", "a chain through a client's own certificate"],
  ["a certificate for another purpose is refused", "support/siege-refusals", "a server's certificate"],
  [
    "variables are filled from certificates that were not verified",
    "nginx-siege",
    "where an operator has switched verification off",
  ],
  ["the serial is upper-case hex, as Node prints it", "nginx", "and logs its name"],
  [
    "another CA may issue the same subject and serial",
    "support/siege-refusals",
    "a stranger's CA of the same name, with a listed subject and serial",
  ],
  ["nginx 1.22 speaks only TLS 1.2 unless told", "nginx-siege", "a missing certificate over %s"],
  [
    "what a newer nginx knows is fatal to 1.22",
    "nginx-siege",
    "with a configuration about which nginx has nothing to say",
  ],
  // Maps, paths, errors.
  ["keywords as keys of a map", "nginx-facts", "names that are words of nginx's maps"],
  [
    "a key twice is fatal, and look-up ignores case",
    "nginx-facts",
    "every certificate of a client has a key of its own",
  ],
  [
    "hash sizes stand before the first map, and grow with it",
    "nginx",
    "is tested without a word with 6, 1000 and 50 000 clients, and tells them apart",
  ],
  ["keys up to 46 bytes fit a foreign host's buckets", "nginx-foreign", "the longest serials that may be adopted"],
  ["an empty value in a path serves the parent of all", "support/siege-refusals", "a client in no group, at home"],
  ["$request_uri is not normalised", "support/siege-refusals", "%2e%2e"],
  [
    "a location without its last slash lets a sibling out",
    "support/siege-refusals",
    "a sibling, by the missing slash and dots",
  ],
  ["dotfiles are served", "support/siege-refusals", "a dotfile, encoded"],
  ["the log can be broken by a header", "nginx-siege", "nothing that is made to break the log"],
  [
    "ssl_crl at http level locks a foreign site's clients out",
    "nginx-foreign",
    "leaves the other site as it was: its clients, its default, its files",
  ],
  ["a second map_hash_bucket_size is fatal", "nginx-foreign", "is tested by nginx without a word"],
  [
    "a file overwritten in place may not be read again",
    "nginx-reload",
    "reconcile never writes into a file that nginx may be reading",
  ],
  ["an idle connection is closed by a reload", "nginx-reload", "closes its idle connection"],
  ["a running download goes on", "nginx-reload", "lets its download end"],
  // Reloading and releasing.
  ["nginx -t and reload pass where a root is missing", "support/siege-refusals", "a repository whose root is missing"],
  [
    "paths resolve against the file given by -c, the rest against -p",
    "nginx-reload",
    "a release runs from where it lies",
  ],
  ["a link switched by rename is what a reload reads", "nginx-reload", "serves once the link leads to it"],
  ["links to another owner's file are followed", "support/siege-refusals", "a link to another owner's file"],
  ["links inside the tree are wanted", "nginx-siege", "a link to a directory inside the repository"],
  ["two servers of one name are only a warning", "nginx-facts", "one name on two servers"],
  ["a user line warns when nginx is not root", "nginx-facts", "no user line"],
];
