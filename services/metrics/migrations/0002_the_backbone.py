"""The outbox by days, letters to settle, answers given twice; and early news with its age."""

from chassis.backbone import strengthen_backbone, weaken_backbone
from chassis.migrating import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the chassis's tables up to date, and let what came too early grow old."""
    strengthen_backbone()
    run(
        """
        alter table early_engagements add column kept_at timestamptz not null default now();
        create index early_engagements_kept on early_engagements (tenant_id, kept_at);
        """
    )


def downgrade() -> None:
    """Bring them back."""
    run("alter table early_engagements drop column kept_at;\n")
    weaken_backbone()
