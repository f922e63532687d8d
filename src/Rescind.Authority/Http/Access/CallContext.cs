using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Access;

/// <summary>Who calls, as <see cref="Gate"/> found out.</summary>
internal static class CallContext
{
    extension(HttpContext context)
    {
        /// <summary>The API client; only on routes that require a scope.</summary>
        public Caller Caller =>
            context.Features.Get<Caller>() ?? throw new InvalidOperationException("This route requires no scope.");

        /// <summary>The person's token; only on routes that require one.</summary>
        public OwnToken OwnToken => context.Features.Get<OwnToken>()
            ?? throw new InvalidOperationException("This route requires no token of a person.");

        /// <summary>How the Authority is set up.</summary>
        public AuthorityOptions Options => context.Service<IOptions<AuthorityOptions>>().Value;

        /// <summary>A part of the Authority.</summary>
        public T Service<T>()
            where T : notnull => context.RequestServices.GetRequiredService<T>();

        /// <summary>What is known of this request, whoever sent it.</summary>
        public RequestOrigin Origin => new(
            context.Connection.RemoteIpAddress?.ToString(),
            context.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? agent : null,
            context.TraceIdentifier);

        /// <summary>What an audit entry needs to know of this request.</summary>
        public AuditContext AuditOf(string actor) => context.Origin.AuditOf(actor);

        /// <summary>What the audit trail says of a call by an API client.</summary>
        public AuditContext Audit => context.AuditOf(context.Caller.Actor);
    }
}
