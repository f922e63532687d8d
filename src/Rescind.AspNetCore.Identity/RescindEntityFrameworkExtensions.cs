using Microsoft.Extensions.DependencyInjection;
using Rescind.AspNetCore.Identity.Saving;

namespace Microsoft.EntityFrameworkCore;

/// <summary>What a DbContext with users can do for revocations.</summary>
public static class RescindEntityFrameworkExtensions
{
    private const int LongestSubject = 1024;

    /// <summary>
    /// Adds the outbox of revocations, the table <c>RescindOutbox</c>, to the model: a change of a user and what it
    /// revokes are then committed as one, and a crash right after the commit loses nothing. Call it in
    /// <c>OnModelCreating</c> of the context with the users, and add a migration.
    /// </summary>
    public static ModelBuilder AddRescindOutbox(this ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Entity<OwedRevocation>(static row =>
        {
            row.ToTable("RescindOutbox");
            row.HasKey(static owed => owed.Id);
            row.Property(static owed => owed.Subject).HasMaxLength(LongestSubject);
        });
    }

    /// <summary>
    /// Lets revocations follow the saves and transactions of a DbContext whose options the application makes itself.
    /// One that is registered by <c>AddDbContext</c>, <c>AddDbContextPool</c> or a factory is followed without it.
    /// </summary>
    /// <param name="options">The options of the context.</param>
    /// <param name="services">The services of the application.</param>
    public static DbContextOptionsBuilder FollowForRescind(this DbContextOptionsBuilder options, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.AddInterceptors(
            services.GetRequiredService<SaveFollower>(), services.GetRequiredService<TransactionFollower>());
    }
}
