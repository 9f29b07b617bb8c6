"""How the audit trail is put into words for an auditor; what is not listed shows by its code."""

from pointsbank.core.errors import say

ACTION_NAMES = {
    "access.change_password": say("修改自己的密码"),
    "access.disable_user": say("停用账号"),
    "access.grant_role": say("授予角色"),
    "access.open_user": say("开设账号"),
    "access.set_password": say("重设密码"),
    "access.sign_in": say("登录"),
    "access.withdraw_role": say("收回角色"),
    "earning.adopt_points_rule": say("施行积分规则"),
    "evaluation.adopt_rule": say("施行考评规则"),
    "evaluation.export": say("导出考评表"),
    "evaluation.seal_year": say("封存年度考评"),
    "events.adopt_hour_rule": say("施行时长规则"),
    "exchange.add_goods": say("上架物品"),
    "exchange.redeem": say("兑换物品"),
    "exchange.stock_in": say("物品入库"),
    "exchange.take_back": say("撤销兑换"),
    "exchange.withdraw_goods": say("下架物品"),
    "members.card_lost": say("挂失成员卡"),
    "members.cards_issued": say("制发成员卡"),
    "members.registered": say("登记成员"),
    "orgs.found": say("设立组织"),
    "stars.adopt_star_ladder": say("施行星级标准"),
}

SUBJECT_NAMES = {
    "evaluation_rule": say("考评规则"),
    "event": say("活动"),
    "goods": say("物品"),
    "hour_rule": say("时长规则"),
    "member": say("成员"),
    "organisation": say("组织"),
    "points_rule": say("积分规则"),
    "redemption": say("兑换单"),
    "sealed_year": say("封存年度"),
    "star_ladder": say("星级标准"),
    "user": say("账号"),
}

FACT_NAMES = {
    "amount": say("数量"),
    "card": say("卡编号"),
    "count": say("数量"),
    "from_on": say("开始日期"),
    "kind": say("类别"),
    "last_id": say("末号"),
    "minutes": say("分钟"),
    "on": say("日期"),
    "quantity": say("数量"),
    "reason": say("原因"),
    "role": say("角色"),
    "total_points": say("积分合计"),
    "unit": say("积分种类"),
    "until_on": say("结束日期"),
    "version": say("版次"),
    "year": say("年度"),
}
