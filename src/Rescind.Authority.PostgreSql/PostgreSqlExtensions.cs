using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Rescind;
using Rescind.Authority;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.PostgreSql.Stores;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps an Authority in PostgreSQL.</summary>
public static class PostgreSqlExtensions
{
    private const string Setting = $"{AuthorityOptions.Section}:ConnectionString";

    /// <summary>
    /// Keeps everything in the schema <c>rescind</c> of a PostgreSQL database (15 or later), which is created at the
    /// first start. Throws <see cref="InvalidOperationException"/> if another store was named before. A database that
    /// cannot be used, or would lose what it confirms, keeps the application from starting, with a number and a sentence.
    /// </summary>
    /// <param name="builder">The Authority.</param>
    /// <param name="connectionString">
    /// As Npgsql reads it, or a URL (<c>postgres://…</c>); null for the one in the configuration,
    /// <c>Rescind:ConnectionString</c>.
    /// </param>
    public static AuthorityBuilder UsePostgreSql(this AuthorityBuilder builder, string? connectionString = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.UseStore("PostgreSQL", async provider => await PostgresStore.OpenAsync(
            new()
            {
                ConnectionString = connectionString ?? provider.GetRequiredService<IConfiguration>()[Setting]
                    ?? throw Errors.DatabaseUnusable.ToException($"{Setting} is not set."),
                Issuer = provider.GetRequiredService<IOptions<AuthorityOptions>>().Value.Issuer!,
                Metrics = provider.GetRequiredService<AuthorityMetrics>(),
            },
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<Entropy>()).ConfigureAwait(false));
    }
}
