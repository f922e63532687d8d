namespace Rescind.Verifier.Diagnostics;

/// <summary>
/// The failures of the verifier that are told in a sentence: 30xx starting, 32xx following the feed and asking, 34xx
/// watching live connections. <see cref="VerifierLog"/> has more.
/// </summary>
internal static class VerifierErrors
{
    public static readonly Error AuthorityMissing = Define(3001,
        "Rescind:Authority is not set, and no Authority runs in this process.",
        "Set it to the Authority's URL (Rescind__Authority), or call AddRescindAuthority() in this app.");
    public static readonly Error AuthorityNotUrl = Define(3002,
        "Rescind:Authority is not an absolute https URL without user, query and fragment.",
        "Set it to the Authority's URL, for example https://auth.example.com.");
    public static readonly Error AuthorityNotHttps = Define(3003,
        "Rescind:Authority is plain http.",
        "Use https. Plain http is for loopback in Development alone (DOTNET_ENVIRONMENT=Development).");
    public static readonly Error AudienceMissing = Define(3004,
        "Rescind:Audience is not set.",
        "Set it to this API's name in the aud of its tokens (Rescind__Audience).");
    public static readonly Error CredentialsMissing = Define(3005,
        "The credentials for the feed are incomplete.",
        "Run `rescind clients add NAME --scope feed`, which prints the settings Rescind__ClientId and Rescind__ClientSecret.");
    public static readonly Error StalenessOutOfRange = Define(3006,
        "Rescind:MaxStaleness must be above 1 ms and at most 60 s.",
        "Set it within that range; the default is 5 s.");
    public static readonly Error NoSchemeBefore = Define(3007,
        "AddRevocation() has no JWT bearer scheme before it.",
        "Call it directly on what AddJwtBearer() returned, once for each scheme.");
    public static readonly Error OldValidators = Define(3008,
        "UseSecurityTokenValidators is on, and would go round the strict reader.",
        "Leave JwtBearerOptions.UseSecurityTokenValidators false on the scheme.");
    public static readonly Error FreshnessOutOfRange = Define(3009,
        "A route demands a freshness that is out of range.",
        "Give RequireFreshness more than 1 ms and at most Rescind:MaxStaleness.");
    public static readonly Error NobodyToAsk = Define(3010,
        "Introspection is asked for, but Rescind:Authority is not set.",
        "Set Rescind__Authority, Rescind__ClientId and Rescind__ClientSecret, of a client with the scopes feed and introspect.");
    public static readonly Error RouteIsOpen = Define(3011,
        "A route demands a login or introspection, but lets anybody in.",
        "Add RequireAuthorization() to it, or take the demand away.");

    public static readonly Error SchemesContradict = Define(3012,
        "The settings of two schemes contradict each other.",
        "Give each scheme its own in AddRescind or under Rescind:Schemes:NAME.");
    public static readonly Error SeveralFollowed = Define(3013,
        "Several Authorities are followed, and VerifierStatus was asked for without a scheme.",
        "Ask for the one of a scheme: [FromKeyedServices(\"Admin\")] VerifierStatus.");
    public static readonly Error NoDefaultScheme = Define(3014,
        "A route takes tokens from first messages, and no scheme is the default that would judge them.",
        "Name one: AddAuthentication(\"Bearer\").");

    public static readonly Error VerdictUnknown = Define(3015,
        "Whether the access token was revoked cannot be determined now.",
        "Repeat the request with the same token after Retry-After.");

    public static readonly Error ParameterFixed = Define(3017,
        "A token validation parameter is set that has no effect on this scheme.",
        "Take it away: the log and the strict reader decide it.");
    public static readonly Error NameTooLong = Define(3018,
        "Rescind:Name or Rescind:Instance is longer than 256 characters.",
        "Shorten it: the feed takes no longer one.");
    public static readonly Error VerifiedTokensOutOfRange = Define(3019,
        "Rescind:VerifiedTokens must be at least 0 and at most 1000000.",
        "Set it within that range; the default is 10000, and 0 remembers none.");

    public static readonly Error Stale = Define(3201,
        "The replica is older than its bound.",
        "Until it is current again tokens are answered 503. Check the Authority and the way to it.");
    public static readonly Error CredentialsRefused = Define(3202,
        "The Authority refuses this verifier's credentials.",
        "Check Rescind__ClientId and Rescind__ClientSecret, and that the client holds the scope feed, "
        + "and introspect to ask about tokens.");
    public static readonly Error Unreachable = Define(3203,
        "The Authority cannot be reached.",
        "Check that it runs, Rescind__Authority, and the network between.");
    public static readonly Error BadAnswer = Define(3204,
        "The Authority's answer is not one of this protocol.",
        "Check that Rescind__Authority names an Authority, that no proxy changes its answers, and the versions of both ends.");
    public static readonly Error TooOld = Define(3205,
        "The log holds an entry that this version does not know.",
        "Tokens are answered 503 until Rescind.Verifier is updated to the version of the Authority.");
    public static readonly Error FollowingFailed = Define(3207,
        "Following the feed failed in an unforeseen way.",
        "It is tried again. Report it with the log line.");
    public static readonly Error Unanswered = Define(3208,
        "The Authority does not answer introspection.",
        "Tokens that only it can speak for are answered 503. It is asked again by itself.");
    public static readonly Error ClockFarBehind = Define(3209,
        "The clock of this machine is more than a day behind the Authority's.",
        "Set it right. Until then tokens are answered 503: what would refuse those of then is forgotten.");

    public static readonly Error ConnectionLimitOutOfRange = Define(3401,
        "A limit of live connections is out of range.",
        "Set RenewalMargin, StalePatience and CloseTimeout above 0, CloseSpread to 0 or more, each to at most 5 minutes; "
        + "MaxBacklogMessages to 1 to 100000, MaxBacklogBytes to 1 to 67108864.");
    public static readonly Error WatchedRouteIsOpen = Define(3402,
        "A route closes on revocation, but lets anybody in.",
        "Add RequireAuthorization() to it: without a token there is nothing to watch.");
    public static readonly Error NothingToStandAround = Define(3404,
        "CloseOnRevocation() stands on an endpoint that handles no requests by itself.",
        "Call it on what MapHub, Map, MapGet, MapControllers or MapGrpcService returned.");

    public static readonly Error SeveralTicketRoutes = Define(3405,
        "Two routes for connection tickets stand under one path.",
        "Call MapConnectionTickets once for each path and host.");

    private static Error Define(int number, string title, string nextStep) => new(number, title, nextStep);
}
